using System.Text.Json.Nodes;
using VggCuda.Peers.LibTorch;

// One JSON command a line on standard input, one JSON answer a line on standard output; as bench/peers/pytorch_vgg16.py --serve.
if (args is not ["--serve"])
{
    Console.Error.WriteLine("usage: VggCuda.Peers.LibTorch --serve");
    return 2;
}

string? refusal = null;
try
{
    Library.Prepare(Console.Error.WriteLine);
    Library.DisableNnPack();
}
catch (Exception e) when (e is DllNotFoundException or InvalidDataException or IOException or UnauthorizedAccessException)
{
    refusal = e.Message.ReplaceLineEndings(" ");
}

using Server server = new();
while (Console.ReadLine() is string line)
{
    JsonObject answer;
    try
    {
        answer = refusal is null ? server.Answer(JsonNode.Parse(line)!.AsObject()) : new JsonObject { ["error"] = refusal };
    }
#pragma warning disable CA1031 // The other side must hear of it, whatever it is.
    catch (Exception e)
#pragma warning restore CA1031
    {
        answer = new JsonObject { ["error"] = $"{e.GetBaseException().GetType().Name}: {e.GetBaseException().Message}" };
    }

    Console.WriteLine(answer.ToJsonString());
}

return 0;
