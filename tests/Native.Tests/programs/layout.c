/* Prints the size of every structure of the headers and the place of every member, for the test to compare with the library's own. */
#include <stdio.h>

#include "vggcuda.h"
#include "vggcuda_dlpack.h"

#define SIZE(type) printf(#type " %zu\n", sizeof(type))
#define AT(type, member) printf(#type "." #member " %zu\n", offsetof(type, member))

int main(void)
{
#include "layout.inc"
    return 0;
}
