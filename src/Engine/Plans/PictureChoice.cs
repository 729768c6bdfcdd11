namespace VggCuda.Engine.Plans;

/// <summary>Which of a run's pictures is its result.</summary>
public enum PictureChoice
{
    /// <summary>The one after the step with the lowest total, as keras-vis chooses.</summary>
    Best,

    /// <summary>The one after the last step whose total was a number: where each step looks at the picture in another way, the lowest total says more about the look than about the picture.</summary>
    Last,
}
