namespace Fleet.Store;

/// <summary>The tables that belong to no single room: the register of terminals and how often it was changed, who is blocked, whose rights changed.</summary>
public static class Tables
{
    public const string Registry = """
        create table if not exists terminals (
          serial text primary key, merchant text not null, site text not null, model text not null, carrier text not null,
          address text, time_zone text, language text, webhook text);
        create table if not exists terminal_hours (serial text primary key, hours text not null);
        create table if not exists terminal_tags (serial text primary key, tags text not null);
        create table if not exists terminal_regions (serial text primary key, region text not null);
        create table if not exists terminals_changes (id integer primary key, changes bigint not null);
        insert into terminals_changes (id, changes) values (1, 0) on conflict do nothing;

        """ + Blocks.Definitions + AccessChanges.Definitions;
}
