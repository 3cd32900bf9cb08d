namespace Fleet.Store;

/// <summary>The tables that belong to no single room: the register of terminals.</summary>
public static class Tables
{
    public const string Registry = """
        create table if not exists terminals (
          serial text primary key, merchant text not null, site text not null, model text not null, carrier text not null,
          address text, time_zone text, language text, webhook text);
        """;
}
