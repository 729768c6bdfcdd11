// Draws the bundled model's bird into a file, names what the network takes it for, and where it looks.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "vggcuda.hpp"

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: bird FILE.ppm [GRADIENT.f32 [MAP.f32]]\n";
        return 2;
    }

    try {
        vgg::Network network;
        vgg::Device device("cpu");

        auto options = vgg::options<vgg_render_options>();
        options.objective = "predictions:bird";
        options.seed = VGG_DEFAULT_SEED;
        options.iterations = 64;
        vgg::Pictures pictures = vgg::render(network, device, options, [](const vgg_progress& progress) {
            std::cerr << "step " << progress.steps_done << " of " << progress.steps << "\n";
            return false;  // true cancels.
        });

        auto info = pictures.info();
        auto rgb = pictures.display(0);
        std::ofstream picture(argv[1], std::ios::binary);
        picture << "P6 " << info.width << " " << info.height << " 255\n";
        picture.write(reinterpret_cast<const char*>(rgb.data()), static_cast<std::streamsize>(rgb.size()));

        std::vector<float> values(rgb.begin(), rgb.end());
        std::vector<float> slopes;
        double logit = vgg::Gradient(network, device, "predictions:20").run(values, slopes)[0];
        std::printf("%u x %u, logit %.2f\n", info.height, info.width, logit);
        for (const auto& found : vgg::Predictor(network, device).run(values)) {
            std::printf("%5.1f %% %s\n", 100 * found.probability, network.class_name(static_cast<size_t>(found.class_index)).c_str());
        }

        std::vector<vgg_attribution> facts(1);
        auto map = vgg::Attributor(network, device, "saliency").run(values, {20}, facts);
        auto brightest = std::max_element(map.begin(), map.end()) - map.begin();
        std::printf("it looks at row %td, column %td\n", brightest / info.width, brightest % info.width);
        if (argc > 2) {
            std::ofstream(argv[2], std::ios::binary).write(reinterpret_cast<const char*>(slopes.data()), static_cast<std::streamsize>(slopes.size() * sizeof(float)));
        }
        if (argc > 3) {
            std::ofstream(argv[3], std::ios::binary).write(reinterpret_cast<const char*>(map.data()), static_cast<std::streamsize>(map.size() * sizeof(float)));
        }
        return 0;
    } catch (const vgg::Error& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
