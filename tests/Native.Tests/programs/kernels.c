/* Prints what the processor's device is. */
#include "check.h"

int main(void)
{
    vgg_device device;
    char text[1024];
    size_t size = sizeof text;
    EXPECT(VGG_OK, vgg_device_open("cpu", 1, &device));
    EXPECT(VGG_OK, vgg_device_details(device, text, &size));
    puts(text);
    EXPECT(VGG_OK, vgg_close(device));
    return 0;
}
