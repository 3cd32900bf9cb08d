using System.IO.Pipelines;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Mqtt.Packets;
using Fleet.Ingest.Mqtt.Sessions;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Mqtt;

public sealed class SessionTableTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Subscriptions _subscriptions = new();
    private readonly List<Will> _wills = [];
    private readonly SessionTable _table;

    public SessionTableTests() => _table = new(new(), _subscriptions, new(), _time) { PublishWill = _wills.Add };

    [Fact]
    public void Narrower_rights_end_what_they_do_not_cover_and_the_connection_before_adds_nothing()
    {
        var (wide, narrow) = (Tool(["a/#", "b/#"]), Tool(["b/#"]));
        var (before, after) = (Open(), Open());
        var session = Open(before, wide);
        foreach (var filter in (string[])["a/x", "b/x", "$share/g/a/x"]) Assert.Null(_table.Subscribe(before, Of(session, filter), out _));
        Assert.Same(session, Open(after, narrow));
        Assert.Equal(["b/x"], session.Subscriptions.Keys);
        Assert.Equal(MqttSubscribeReasonCode.UnspecifiedError, _table.Subscribe(before, Of(session, "a/y"), out _));
        Assert.False(_table.Unsubscribe(before, session, "b/x"));
        var heard = new List<Subscription>();
        foreach (var topic in (string[])["a/x", "a/y", "b/x"]) _subscriptions.Match(topic, heard);
        Assert.Equal("b/x", Assert.Single(heard).Filter);
    }

    [Fact]
    public void A_late_leave_of_a_connection_that_was_taken_over_does_not_shorten_the_session_of_the_next()
    {
        var (before, after) = (Open(), Open());
        var session = Open(before, Access.Anonymous);
        _table.Keep(before, session, 60);
        Assert.Equal(60u, session.ExpirySeconds);
        Open(after, Access.Anonymous);
        _table.Keep(before, session, 0);
        Assert.Equal(3600u, session.ExpirySeconds);
    }

    [Fact]
    public void Whatever_goes_wrong_once_a_session_has_its_connection_the_session_ends_with_it()
    {
        var (before, after) = (Open(), Open());
        _table.Accept(before, Open(before, Access.Anonymous), WillOf("gone"));
        _table.PublishWill = _ => throw new InvalidOperationException();
        Assert.Throws<InvalidOperationException>(() => Open(after, Access.Anonymous));
        Assert.NotNull(after.Session);
        _table.Close(after, after.Session, withWill: false, out _);
        Assert.Null(after.Session.Connection);
    }

    [Fact]
    public void A_connection_that_was_never_accepted_leaves_no_will()
    {
        var (refused, taken, accepted) = (Open(), Open(), Open());
        _table.Close(refused, Open(refused, Access.Anonymous), withWill: true, out _);
        Open(taken, Access.Anonymous);
        _table.Accept(accepted, Open(accepted, Access.Anonymous), WillOf("gone"));
        Assert.Empty(_wills);
        _table.Close(accepted, accepted.Session!, withWill: true, out _);
        Assert.Equal("gone", Assert.Single(_wills).Message.Topic);
    }

    [Fact]
    public void Of_anonymous_sessions_so_many_are_kept_and_who_has_been_away_longest_goes_with_its_will()
    {
        var connection = Open();
        for (var i = 0; i < SessionTable.MostAnonymousAway + 2; i++)
        {
            var session = Open(connection, Access.Anonymous, $"c{i}");
            if (i < 2) _table.Accept(connection, session, WillOf($"{i}") with { DelaySeconds = 3600 });
            _table.Close(connection, session, withWill: true, out _);
            if (i == 0) Open(connection, Access.Anonymous, "c0"); // is here, and not counted
        }
        Assert.Equal(SessionTable.MostAnonymousAway + 1, _table.Count);
        Assert.Equal("1", Assert.Single(_wills).Message.Topic);
    }

    [Fact]
    public void All_sessions_together_hold_no_more_than_they_may_and_nothing_when_they_have_ended()
    {
        var room = new QueueRoom(10_000);
        var message = new Message("t", new byte[1000], 1, false);
        var away = Enumerable.Range(0, 3).Select(_ => new Session("c", "", new(), room, _time)).ToList();
        foreach (var session in away)
            for (var i = 0; i < 5; i++) session.Deliver(message, 1, false, null);
        Assert.InRange(room.Bytes, 8000, 10_000);
        away[0].Deliver(message with { Payload = new byte[1500] }, 1, false, null); // in the place of two of its own
        Assert.InRange(room.Bytes, 8000, 10_000);

        // Who is there and takes what comes gets one at a time all the same.
        var (connection, here) = (Open(), new Session("c", "", new(), room, _time));
        here.Attach(connection);
        here.Resume(connection);
        Assert.True(here.IsFree);
        for (ushort id = 1; id <= 3; id++)
        {
            here.Deliver(message, 1, false, null);
            here.Deliver(message, 1, false, null); // has no room meanwhile
            Assert.Equal(Acknowledged.Well, here.Acknowledge(PacketType.PubAck, id, isFailure: false));
            Assert.Equal(Acknowledged.Unknown, here.Acknowledge(PacketType.PubAck, (ushort)(id + 1), isFailure: false));
        }
        foreach (var session in away) session.End();
        Assert.Equal(0, room.Bytes);

        here.Deliver(message with { Qos = 2 }, 2, false, null);
        Assert.InRange(room.Bytes, 1000, 2000);
        foreach (var type in (PacketType[])[PacketType.PubRec, PacketType.PubRec, PacketType.PubComp])
        {
            Assert.Equal(Acknowledged.Well, here.Acknowledge(type, 4, isFailure: false));
            Assert.Equal(0, room.Bytes); // from the PUBREC on it is the client's
        }
    }

    [Fact]
    public void Whichever_way_messages_leave_their_room_is_given_back_once()
    {
        const int Most = 40_000, Largest = 8000;
        for (var seed = 0; seed < 300; seed++)
        {
            var (random, room) = (new Random(seed), new QueueRoom(Most));
            var sessions = Enumerable.Range(0, 3).Select(_ => new Session("c", "", new() { MaxQueuedPerClient = 10, MaxQueuedBytesPerClient = 20_000 }, room, _time)).ToList();
            for (var i = 0; i < 200; i++)
            {
                var session = sessions[random.Next(sessions.Count)];
                switch (random.Next(10))
                {
                    case 0 when session.Connection is null:
                        Begin(session);
                        break;
                    case 1 when session.Connection is { } connection && random.Next(4) == 0:
                        session.Detach(connection);
                        break;
                    case 2:
                        _time.Advance(TimeSpan.FromSeconds(1)); // some of what waits expires
                        break;
                    case 3 when random.Next(20) == 0:
                        session.End();
                        break;
                    case < 7:
                        var expires = random.Next(3) == 0 ? _time.GetUtcNow().ToUnixTimeMilliseconds() + 1500 : long.MaxValue;
                        session.Deliver(new("t", new byte[random.Next(Largest)], random.Next(3), false, expires), 2, false, null, isSnapshot: random.Next(5) == 0);
                        break;
                    default:
                        session.Acknowledge(random.GetItems(s_answers, 1)[0], (ushort)random.Next(1, 30), isFailure: random.Next(5) == 0);
                        break;
                }
                Assert.InRange(room.Bytes, 0, Most + sessions.Count * (Largest + 1000));
            }
            foreach (var session in sessions.Take(2)) // they take all there is; the third ends with what it holds
            {
                if (session.Connection is { } before) session.Detach(before);
                for (var (quiet, open) = (false, Begin(session)); !quiet; open = open.HasRoom ? open : Begin(session))
                {
                    quiet = true;
                    for (ushort id = 1; id < 300; id++)
                        foreach (var type in s_answers) quiet &= session.Acknowledge(type, id, isFailure: false) != Acknowledged.Well;
                }
            }
            sessions[2].End();
            Assert.Equal((seed, 0), (seed, room.Bytes));
        }
    }

    [Fact]
    public void A_message_of_QoS_2_is_acknowledged_to_its_sender_once_with_the_PUBREC()
    {
        var (session, receipt) = (new Session("c", "", new(), new QueueRoom(10_000), _time), new Heard());
        Begin(session);
        session.Deliver(new("t", new byte[1], 2, false) { Receipt = receipt }, 2, false, null);
        session.Acknowledge(PacketType.PubRec, 1, isFailure: false);
        Assert.Equal("taken", receipt.Outcome);
        session.Acknowledge(PacketType.PubRec, 1, isFailure: false);
        session.Acknowledge(PacketType.PubComp, 1, isFailure: false);
        Assert.Equal("taken", receipt.Outcome);
    }

    [Fact]
    public void What_has_become_void_is_under_way_until_the_next_connection_and_then_no_more()
    {
        var (room, receipt, message) = (new QueueRoom(10_000), new Heard(), new Message("t", new byte[1], 1, false));
        var session = new Session("c", "", new(), room, _time);
        Begin(session);
        session.Deliver(message with { Receipt = receipt }, 1, false, null);
        receipt.IsVoid = true;
        session.Drained();
        Assert.Null(receipt.Outcome); // it has left on this connection, and may be acknowledged yet
        session.Detach(session.Connection!);
        Begin(session);
        Assert.Equal("dropped", receipt.Outcome);
        Assert.Equal((Acknowledged.Unknown, 0), (session.Acknowledge(PacketType.PubAck, 1, isFailure: false), room.Bytes));
        session.Deliver(message, 1, false, null);
        Assert.Equal(Acknowledged.Well, session.Acknowledge(PacketType.PubAck, 2, isFailure: false));
    }

    private sealed class Heard : IReceipt
    {
        public string? Outcome { get; private set; }

        public bool IsVoid { get; set; }

        public bool IsFor(Subscription subscription) => true;

        public void Taken() { }

        public void Acknowledged(bool isFailure) => Outcome += isFailure ? "refused" : "taken";

        public void Dropped() => Outcome += "dropped";
    }

    private static readonly PacketType[] s_answers = [PacketType.PubAck, PacketType.PubRec, PacketType.PubComp];

    private Connection Begin(Session session)
    {
        var connection = Open();
        session.Attach(connection);
        session.Resume(connection);
        return connection;
    }

    private static Access Tool(string[] reads) => new("token:t", new Grant([.. reads], []));

    private static Subscription Of(Session session, string filter) => new(session, filter, 1, false, false, 0);

    private static Will WillOf(string topic) => new(new(topic, new byte[] { 1 }, 0, false), 0, 0, Access.Anonymous);

    private Connection Open() => new(new DefaultConnectionContext { Transport = new Line.Duplex(new Pipe().Reader, new Pipe().Writer) }, null!, null!, new(), _time);

    /// <summary>A session that is kept.</summary>
    private Session Open(Connection connection, Access access, string clientId = "c")
    {
        Assert.True(_table.TryOpen(connection, new(clientId, access, CleanStart: false, 3600, 1000), out var session, out _));
        return session;
    }
}
