/* Which signals the library touches, and that it cannot be unloaded: as the header says. The library is loaded by hand, so that before and after can be compared.
 * usage: signals libvggcuda.so.0 */
#include "check.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

static int touched[65];
static volatile sig_atomic_t interrupted;

static void mine(int number)
{
    interrupted = number;
}

static sigjmp_buf back;

static void fault(int number)
{
    siglongjmp(back, number);
}

static void look(void (*handlers[65])(int))
{
    for (int i = 1; i < 65; i++) {
        struct sigaction now;
        handlers[i] = sigaction(i, NULL, &now) == 0 ? now.sa_handler : SIG_ERR;
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    void (*before[65])(int), (*after[65])(int);
    signal(SIGINT, mine);
    signal(SIGTERM, mine);
    signal(SIGSEGV, fault);
    signal(SIGFPE, fault);
    signal(SIGPIPE, mine);
    look(before);
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }

    vgg_status (*open)(const char *, uint32_t, vgg_device *);
    vgg_status (*network_open)(const char *, const char *, vgg_network *);
    vgg_status (*render)(vgg_network, vgg_device, const vgg_render_options *, vgg_pictures *);
    vgg_status (*list)(size_t *);
    *(void **)&open = dlsym(library, "vgg_device_open");
    *(void **)&network_open = dlsym(library, "vgg_network_open");
    *(void **)&render = dlsym(library, "vgg_render");
    *(void **)&list = dlsym(library, "vgg_devices_count");
    vgg_device device;
    vgg_network network;
    vgg_pictures pictures;
    size_t count;
    vgg_render_options options = {.struct_size = sizeof options, .objective = "predictions:20", .iterations = 2};
    CHECK(list(&count) == VGG_OK && open("auto", 0, &device) == VGG_OK && network_open(NULL, NULL, &network) == VGG_OK && render(network, device, &options, &pictures) == VGG_OK);
    look(after);
    for (int i = 1; i < 65; i++) {
        touched[i] = before[i] != after[i];
        if (touched[i]) {
            printf("signal %d%s: %s\n", i, i == SIGRTMIN ? " (SIGRTMIN)" : "", after[i] == SIG_IGN ? "ignored" : "handled");
        }
    }

    /* SIGRTMIN of the C library lies behind those that it keeps for itself. */
    for (int i = 1; i < 65; i++) {
        CHECK(!touched[i] || i == SIGSEGV || i == SIGFPE || i == SIGPIPE || i == SIGRTMIN);
    }

    /* A fault outside of the library is the program's own. */
    if (sigsetjmp(back, 1) == 0) {
        *(volatile int *)16 = 1;
        CHECK(!"a fault that nobody saw");
    }

    volatile int some = 1000, zero = 0;
    if (sigsetjmp(back, 1) == 0) {
        printf("%d\n", some / zero);
        CHECK(!"a division by zero that nobody saw");
    }

    /* SIGPIPE is ignored whatever was set before, and the program's again once it says so. */
    CHECK(after[SIGPIPE] == SIG_IGN);
    signal(SIGPIPE, mine);
    CHECK(list(&count) == VGG_OK);
    raise(SIGPIPE);
    CHECK(interrupted == SIGPIPE);
    raise(SIGINT);
    CHECK(interrupted == SIGINT);
    CHECK(dlclose(library) == 0);
    CHECK(list(&count) == VGG_OK && count >= 3);
    puts("signals: as the header says");
    return 0;
}
