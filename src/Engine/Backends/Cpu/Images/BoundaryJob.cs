using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>How rough the edge of a picture is, and how far from a value. The gradient, which every value gathers from the residuals around it, is a job of its own.</summary>
internal sealed unsafe class BoundaryJob : ImageReduction
{
    private readonly GradientJob _gather = new();
    private EdgeBlur _blur;
    private float* _image;
    private float* _residual;
    private long _perImage;
    private double _pull;
    private double _centre;

    public void Run(WorkerPool pool, CpuTensor image, int width, double pull, double centre, double weight, CpuTensor residual, CpuTensor value, CpuTensor gradient)
    {
        double factor = weight / image.CountPerImage;
        _blur = new EdgeBlur(image.Shape, width);
        _image = image.Data;
        _residual = residual.Data;
        _perImage = image.CountPerImage;
        _pull = pull;
        _centre = centre;
        Run(pool, image.Shape);
        for (int n = 0; n < image.Shape.N; n++)
        {
            value.Data[n] = (float)(factor * Sum(n));
        }

        _gather.Run(pool, _blur, image, pull, centre, factor, residual, gradient);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override double Reduce(int image, long first, int count)
    {
        double sum = 0;
        float* own = _image + (image * _perImage);
        int start = (int)(first - (image * _perImage));
        for (int i = 0; i < count; i++)
        {
            (int y, int x) = _blur.PlaceOf(start + i);
            if (!_blur.IsEdge(y, x))
            {
                _residual[first + i] = 0;
                continue;
            }

            double value = own[start + i];
            double residual = (_blur.Around(own, start + i, y, x, byNorms: false) / _blur.NormAt(y, x)) - value;
            _residual[first + i] = (float)residual;
            sum += (residual * residual) + (_pull * (value - _centre) * (value - _centre));
        }

        return sum;
    }

    /// <summary>The blur of five by five pixels, whose outer ring counts half, at the edge of a picture.</summary>
    private readonly struct EdgeBlur(TensorShape shape, int width)
    {
        public (int Y, int X) PlaceOf(int index) => Math.DivRem(index / shape.C, shape.W);

        public bool IsEdge(int y, int x) => IsWithin(y, x, width);

        /// <summary>Whether a pixel lies at the edge or so near that the blur of one at the edge reaches it.</summary>
        public bool IsReached(int y, int x) => IsWithin(y, x, width + 2);

        /// <summary>Sum of the weights within the picture.</summary>
        public double NormAt(int y, int x) => 0.5 * ((Extent(y, shape.H, 2) * Extent(x, shape.W, 2)) + (Extent(y, shape.H, 1) * Extent(x, shape.W, 1)));

        /// <summary>Weighted sum of the values around one, each over its own norm where that is asked for.</summary>
        public double Around(float* values, int index, int y, int x, bool byNorms)
        {
            double sum = 0;
            for (int v = Math.Max(0, y - 2); v <= Math.Min(shape.H - 1, y + 2); v++)
            {
                for (int u = Math.Max(0, x - 2); u <= Math.Min(shape.W - 1, x + 2); u++)
                {
                    double weight = Math.Abs(v - y) == 2 || Math.Abs(u - x) == 2 ? 0.5 : 1;
                    sum += weight * values[index + ((((v - y) * shape.W) + u - x) * shape.C)] / (byNorms ? NormAt(v, u) : 1);
                }
            }

            return sum;
        }

        private static int Extent(int place, int side, int reach) => Math.Min(side - 1, place + reach) - Math.Max(0, place - reach) + 1;

        private bool IsWithin(int y, int x, int depth) => y < depth || x < depth || y >= shape.H - depth || x >= shape.W - depth;
    }

    private sealed class GradientJob : ImageJob
    {
        private EdgeBlur _blur;
        private float* _image;
        private float* _residual;
        private float* _gradient;
        private long _perImage;
        private double _pull;
        private double _centre;
        private double _slope;

        public void Run(WorkerPool pool, EdgeBlur blur, CpuTensor image, double pull, double centre, double factor, CpuTensor residual, CpuTensor gradient)
        {
            _blur = blur;
            _image = image.Data;
            _residual = residual.Data;
            _gradient = gradient.Data;
            _perImage = image.CountPerImage;
            _pull = pull;
            _centre = centre;
            _slope = 2 * factor;
            Run(pool, image.Shape);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void Block(int block, int image, long first, int count)
        {
            float* residuals = _residual + (image * _perImage);
            int start = (int)(first - (image * _perImage));
            for (int i = 0; i < count; i++)
            {
                (int y, int x) = _blur.PlaceOf(start + i);
                if (_blur.IsReached(y, x))
                {
                    double own = _blur.IsEdge(y, x) ? (_pull * (_image[first + i] - _centre)) - _residual[first + i] : 0;
                    _gradient[first + i] += (float)(_slope * (own + _blur.Around(residuals, start + i, y, x, byNorms: true)));
                }
            }
        }
    }
}
