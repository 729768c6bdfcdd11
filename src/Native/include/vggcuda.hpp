// vggcuda.hpp: vggcuda.h for C++17. Everything is inline; failures are exceptions, handles are closed by their owners.
//
// Objects may be moved, not copied. They may go out of scope in any order: what was opened of a network and a device keeps
// both alive. A destructor that finds its object in use by another thread waits for that call to end.
#ifndef VGGCUDA_HPP
#define VGGCUDA_HPP

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "vggcuda.h"

namespace vgg {

// A status other than VGG_OK, with the library's message.
class Error : public std::runtime_error {
public:
    Error(vgg_status status, const std::string& message) : std::runtime_error(message), status_(status) {}
    vgg_status status() const noexcept { return status_; }

private:
    vgg_status status_;
};

namespace detail {

inline std::string last_error() {
    size_t size = 0;
    if (vgg_last_error(nullptr, &size) != VGG_OK || size == 0) {
        return {};
    }
    std::string text(size, '\0');
    if (vgg_last_error(&text[0], &size) != VGG_OK) {
        return {};
    }
    text.resize(size - 1);
    return text;
}

inline void check(vgg_status status) {
    if (status != VGG_OK) {
        throw Error(status, std::string(vgg_status_name(status)) + ": " + last_error());
    }
}

template <typename Call>
std::string text(Call call) {
    size_t size = 0;
    check(call(static_cast<char*>(nullptr), &size));
    std::string result(size, '\0');
    check(call(&result[0], &size));
    result.resize(size - 1);
    return result;
}

template <typename T, typename Call>
std::vector<T> values(Call call) {
    size_t count = 0;
    check(call(static_cast<T*>(nullptr), &count));
    std::vector<T> result(count);
    check(call(result.data(), &count));
    return result;
}

class Handle {
public:
    explicit Handle(vgg_handle handle) noexcept : handle_(handle) {}
    Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        while (vgg_close(handle_) == VGG_ERROR_BUSY) {
            std::this_thread::yield();
        }
    }
    vgg_handle get() const noexcept { return handle_; }

private:
    vgg_handle handle_;
};

template <typename T>
T sized() {
    T value{};
    value.struct_size = static_cast<std::uint32_t>(sizeof(T));
    return value;
}

}  // namespace detail

// A structure of vggcuda.h with its struct_size set and everything else at its default.
template <typename T>
T options() {
    return detail::sized<T>();
}

class Network {
public:
    // A path, "imagenet", "imagenet-notop", or "demo" for the bundled model.
    explicit Network(const std::string& weights = "demo") : handle_(open(weights)) {}

    vgg_network get() const noexcept { return handle_.get(); }
    vgg_network_info info() const {
        auto info = detail::sized<vgg_network_info>();
        detail::check(vgg_network_describe(get(), &info));
        return info;
    }
    std::string name() const {
        return detail::text([&](char* text, size_t* size) { return vgg_network_name(get(), text, size); });
    }
    vgg_layer_info layer(size_t index) const {
        auto info = detail::sized<vgg_layer_info>();
        detail::check(vgg_layer_describe(get(), index, &info));
        return info;
    }
    std::string layer_name(size_t index) const {
        return detail::text([&](char* text, size_t* size) { return vgg_layer_name(get(), index, text, size); });
    }
    std::string class_name(size_t index) const {
        return detail::text([&](char* text, size_t* size) { return vgg_class_name(get(), index, text, size); });
    }
    int find_class(const std::string& name) const {
        std::int32_t index = 0;
        detail::check(vgg_class_find(get(), name.c_str(), &index));
        return index;
    }

private:
    static vgg_handle open(const std::string& weights) {
        vgg_network network = 0;
        detail::check(vgg_network_open(weights.c_str(), nullptr, &network));
        return network;
    }
    detail::Handle handle_;
};

class Device {
public:
    // auto, cpu, cuda, cuda:N or reference; threads of the cpu, 0 for all.
    explicit Device(const std::string& name = "auto", std::uint32_t threads = 0) : handle_(open(name, threads)) {}

    vgg_device get() const noexcept { return handle_.get(); }
    std::string details() const {
        return detail::text([&](char* text, size_t* size) { return vgg_device_details(get(), text, size); });
    }
    // Ends what runs on it, from any thread.
    void cancel() const { detail::check(vgg_device_cancel(get())); }

private:
    static vgg_handle open(const std::string& name, std::uint32_t threads) {
        vgg_device device = 0;
        detail::check(vgg_device_open(name.c_str(), threads, &device));
        return device;
    }
    detail::Handle handle_;
};

class Predictor {
public:
    Predictor(const Network& network, const Device& device, vgg_predictor_options options = vgg::options<vgg_predictor_options>())
        : handle_(open(network, device, options)) {}

    vgg_predictor get() const noexcept { return handle_.get(); }
    std::vector<vgg_prediction> run(const std::vector<float>& pictures) const {
        return detail::values<vgg_prediction>([&](vgg_prediction* found, size_t* count) {
            return vgg_predictor_run(get(), pictures.data(), pictures.size(), found, count);
        });
    }

private:
    static vgg_handle open(const Network& network, const Device& device, const vgg_predictor_options& options) {
        vgg_predictor predictor = 0;
        detail::check(vgg_predictor_open(network.get(), device.get(), &options, &predictor));
        return predictor;
    }
    detail::Handle handle_;
};

class Gradient {
public:
    Gradient(const Network& network, const Device& device, const std::string& objective,
             vgg_gradient_options options = vgg::options<vgg_gradient_options>())
        : handle_(open(network, device, objective, options)) {}

    vgg_gradient get() const noexcept { return handle_.get(); }
    // (batch, height, width, 3).
    std::array<std::int64_t, 4> shape() const {
        std::array<std::int64_t, 4> shape{};
        detail::check(vgg_gradient_shape(get(), shape.data()));
        return shape;
    }
    // The objective's values; gradients receives what pictures has the shape of.
    std::vector<double> run(const std::vector<float>& pictures, std::vector<float>& gradients) const {
        std::vector<double> values(static_cast<size_t>(shape()[0]));
        std::vector<float> found(pictures.size());
        detail::check(vgg_gradient_run(get(), pictures.data(), pictures.size(), values.data(), values.size(), found.data(), found.size()));
        gradients = std::move(found);
        return values;
    }

private:
    static vgg_handle open(const Network& network, const Device& device, const std::string& objective, const vgg_gradient_options& options) {
        vgg_gradient gradient = 0;
        detail::check(vgg_gradient_open(network.get(), device.get(), objective.c_str(), &options, &gradient));
        return gradient;
    }
    detail::Handle handle_;
};

class Attributor {
public:
    Attributor(const Network& network, const Device& device, const std::string& method,
               vgg_attributor_options options = vgg::options<vgg_attributor_options>())
        : handle_(open(network, device, method, options)) {}

    vgg_attributor get() const noexcept { return handle_.get(); }
    // Maps of pictures, for one class each, one for all, or the likeliest where there is none; facts as many as pictures.
    std::vector<float> run(const std::vector<float>& pictures, const std::vector<std::int32_t>& classes, std::vector<vgg_attribution>& facts) const {
        std::vector<float> maps(pictures.size() / 3);
        detail::check(vgg_attributor_run(get(), pictures.data(), pictures.size(), classes.empty() ? nullptr : classes.data(), classes.size(),
                                         maps.data(), maps.size(), facts.empty() ? nullptr : facts.data(), facts.size()));
        return maps;
    }

private:
    static vgg_handle open(const Network& network, const Device& device, const std::string& method, const vgg_attributor_options& options) {
        vgg_attributor attributor = 0;
        detail::check(vgg_attributor_open(network.get(), device.get(), method.c_str(), &options, &attributor));
        return attributor;
    }
    detail::Handle handle_;
};

// What a render has drawn.
class Pictures {
public:
    explicit Pictures(vgg_pictures pictures, bool cancelled = false) : handle_(pictures), cancelled_(cancelled) {}

    vgg_pictures get() const noexcept { return handle_.get(); }
    // Whether a callback ended it: the pictures are the best so far.
    bool cancelled() const noexcept { return cancelled_; }
    vgg_pictures_info info() const {
        auto info = detail::sized<vgg_pictures_info>();
        detail::check(vgg_pictures_describe(get(), &info));
        return info;
    }
    vgg_picture_info picture(size_t index) const {
        auto info = detail::sized<vgg_picture_info>();
        detail::check(vgg_picture_describe(get(), index, &info));
        return info;
    }
    // RGB bytes for the eye.
    std::vector<std::uint8_t> display(size_t index) const {
        return detail::values<std::uint8_t>([&](std::uint8_t* rgb, size_t* size) { return vgg_picture_display(get(), index, rgb, size); });
    }
    std::vector<float> values(size_t index) const {
        return detail::values<float>([&](float* values, size_t* count) { return vgg_picture_values(get(), index, values, count); });
    }
    std::string plan() const {
        return detail::text([&](char* text, size_t* size) { return vgg_pictures_plan(get(), text, size); });
    }

private:
    detail::Handle handle_;
    bool cancelled_;
};

// Draws pictures. progress is told about ten times a second, and cancels by returning true; what it throws comes out here.
// Throws Error with VGG_CANCELLED where it was cancelled before there was a picture.
inline Pictures render(const Network& network, const Device& device, vgg_render_options options,
                       const std::function<bool(const vgg_progress&)>& progress = {}) {
    struct Told {
        const std::function<bool(const vgg_progress&)>& progress;
        std::exception_ptr thrown;
    } told{progress, nullptr};
    if (progress) {
        options.progress_data = &told;
        options.progress = [](void* data, const vgg_progress* now) -> std::int32_t {
            Told& told = *static_cast<Told*>(data);
            try {
                return told.progress(*now) ? 1 : 0;
            } catch (...) {
                told.thrown = std::current_exception();
                return 1;
            }
        };
    }
    vgg_pictures pictures = 0;
    vgg_status status = vgg_render(network.get(), device.get(), &options, &pictures);
    if (told.thrown) {
        vgg_close(pictures);
        std::rethrow_exception(told.thrown);
    }
    if (status != VGG_OK && pictures == 0) {
        detail::check(status);
    }
    return Pictures(pictures, status == VGG_CANCELLED);
}

}  // namespace vgg

#endif
