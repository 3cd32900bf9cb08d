using Fleet.Ingest.Credentials;

namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>A last will, and with whose right it speaks (MQTT 5, 3.1.2.5).</summary>
/// <param name="Message">Without an expiry of its own.</param>
/// <param name="ExpirySeconds">How long it is good once it is published (3.1.3.2.4); 0 for ever.</param>
/// <param name="DueAtMs">When it is published, Unix ms, once its connection has gone.</param>
/// <param name="SessionNumber">Of <see cref="Session.Number"/>.</param>
internal sealed record Will(Message Message, uint ExpirySeconds, uint DelaySeconds, Access Access, long SessionNumber = 0, long DueAtMs = long.MaxValue);
