# find_package(VggCuda) gives the target VggCuda::vggcuda. All paths are found from where this file lies.
get_filename_component(_vggcuda_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET VggCuda::vggcuda)
  add_library(VggCuda::vggcuda SHARED IMPORTED)
  set_target_properties(VggCuda::vggcuda PROPERTIES
    IMPORTED_LOCATION "${_vggcuda_prefix}/lib/libvggcuda.so"
    IMPORTED_SONAME "libvggcuda.so.0"
    INTERFACE_INCLUDE_DIRECTORIES "${_vggcuda_prefix}/include")
endif()

if(NOT EXISTS "${_vggcuda_prefix}/lib/libvggcuda.so" OR NOT EXISTS "${_vggcuda_prefix}/include/vggcuda.h")
  set(VggCuda_FOUND FALSE)
  set(VggCuda_NOT_FOUND_MESSAGE "lib/libvggcuda.so and include/vggcuda.h are not both below ${_vggcuda_prefix}.")
endif()

unset(_vggcuda_prefix)
