/* What the header says of fork: a child forked before the first call may use the library, one forked after is refused, and exec works. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

static int ended(pid_t child)
{
    int status;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void use(void)
{
    vgg_network network;
    EXPECT(VGG_OK, vgg_network_open(NULL, NULL, &network));
    EXPECT(VGG_OK, vgg_close(network));
}

int main(void)
{
    pid_t child = fork();
    if (child == 0) {
        use();
        _exit(7);
    }
    CHECK(ended(child) == 7);

    use();
    child = fork();
    if (child == 0) {
        vgg_network network;
        EXPECT(VGG_ERROR_FORKED, vgg_network_open(NULL, NULL, &network));
        _exit(8);
    }
    CHECK(ended(child) == 8);

    child = fork();
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(9);
    }
    CHECK(ended(child) == 0);
    CHECK(system("exit 3") >> 8 == 3);
    use();
    puts("forked: as the header says");
    return 0;
}
