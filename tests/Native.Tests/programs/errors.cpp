// The C++ header: failures as exceptions, what a callback throws comes out of render, cancelling, moving.
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "vggcuda.hpp"

static void require(bool holds, const char* what) {
    if (!holds) {
        std::cerr << what << " does not hold\n";
        std::exit(1);
    }
}

template <typename Call>
static vgg_status status_of(Call call) {
    try {
        call();
    } catch (const vgg::Error& error) {
        require(std::string(error.what()).find("VGG_") == 0, "an error begins with its status");
        return error.status();
    }
    return VGG_OK;
}

int main() {
    vgg::Network network;
    vgg::Device device("cpu", 2);
    require(status_of([&] { vgg::Network missing("/no/such.h5"); }) == VGG_ERROR_WEIGHTS, "a missing file");
    require(status_of([&] { vgg::Gradient wrong(network, device, "nothing:1"); }) == VGG_ERROR_PLAN, "a wrong objective");
    require(network.name() == "VGG16" && network.layer_name(7) == "block3_conv1" && network.class_name(20) == "bird", "names");
    require(network.find_class("Bird") == 20 && network.layer(7).kind == VGG_LAYER_CONVOLUTION, "classes and layers");
    require(device.details().find("instructions: ") != std::string::npos, "details");

    auto options = vgg::options<vgg_render_options>();
    options.objective = "predictions:20";
    options.iterations = 100000;
    struct Own {};
    bool thrown = false;
    try {
        vgg::render(network, device, options, [](const vgg_progress&) -> bool { throw Own(); });
    } catch (const Own&) {
        thrown = true;
    }
    require(thrown, "what the callback throws comes out");

    vgg::Pictures pictures = vgg::render(network, device, options, [](const vgg_progress& progress) { return progress.steps_done >= 2; });
    require(pictures.cancelled() && pictures.picture(0).steps >= 2 && pictures.display(0).size() == 96 * 96 * 3, "the best so far");
    vgg::Pictures moved = std::move(pictures);
    require(moved.info().count == 1 && moved.plan().find("\"predictions\"") != std::string::npos, "moved");
    require(status_of([&] { pictures.info(); }) == VGG_ERROR_HANDLE, "moved from");

    std::atomic<bool> done{false};
    std::thread other([&] {
        while (!done) {
            device.cancel();
            std::this_thread::yield();
        }
    });
    vgg_status status = status_of([&] { moved = vgg::render(network, device, options); });
    done = true;
    other.join();
    require(status == VGG_CANCELLED || (status == VGG_OK && moved.cancelled()), "cancelled from another thread");
    require(vgg::Predictor(network, device).run(std::vector<float>(96 * 96 * 3)).size() == 5, "predictions");
    std::cout << "errors: as they should be\n";
    return 0;
}
