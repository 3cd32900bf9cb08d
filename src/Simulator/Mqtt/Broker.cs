namespace Fleet.Simulator.Mqtt;

/// <summary>Where to connect, and as whom; without a user name, anonymously.</summary>
public sealed record Broker(string Host, int Port, string? User = null, string? Password = null)
{
    public Broker As(string user, string? password) => this with { User = user, Password = password };
}
