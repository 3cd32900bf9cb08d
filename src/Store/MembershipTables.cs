namespace Fleet.Store;

/// <summary>
/// The tables that Microsoft.Orleans.Clustering.AdoNet works with on PostgreSQL. It finds its statements by key in the
/// table <c>OrleansQuery</c> (its DbStoredQueries); what they do is the membership protocol's: every change of a silo's
/// row is made together with the next version of the table, or not at all.
/// </summary>
public static class MembershipTables
{
    public static string Definitions => $"""
        create table if not exists OrleansQuery (QueryKey text primary key, QueryText text not null);
        create table if not exists membership_version (deployment text primary key, version integer not null);
        create table if not exists membership (
          deployment text not null, address text not null, port integer not null, generation integer not null,
          silo_name text not null, host_name text not null, status integer not null, proxy_port integer,
          suspect_times text, start_time timestamptz not null, alive_time timestamptz not null,
          primary key (deployment, address, port, generation));
        {string.Join('\n', Statements.Select(s => $"insert into OrleansQuery values ('{s.Key}', '{s.Sql.Replace("'", "''", StringComparison.Ordinal)}') on conflict (QueryKey) do update set QueryText = excluded.QueryText;"))}
        """;

    private const string ThisSilo = "deployment = @DeploymentId and address = @Address and port = @Port and generation = @Generation";

    private const string Silos = """
        select v.deployment as DeploymentId, m.address as Address, m.port as Port, m.generation as Generation,
          m.silo_name as SiloName, m.host_name as HostName, m.status as Status, m.proxy_port as ProxyPort,
          m.suspect_times as SuspectTimes, m.start_time as StartTime,
          m.alive_time as IAmAliveTime, v.version as Version
        from membership_version v left join membership m on m.deployment = v.deployment
        """;

    private const string NextVersion = """
        with next as (update membership_version set version = version + 1
          where deployment = @DeploymentId and version = @Version returning 1)
        """;

    private static readonly (string Key, string Sql)[] Statements =
    [
        ("InsertMembershipVersionKey", """
            with made as (insert into membership_version values (@DeploymentId, 0) on conflict do nothing returning 1)
            select count(*) from made
            """),
        ("InsertMembershipKey", $"""
            {NextVersion}, joined as (
              insert into membership (deployment, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_time)
              select @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort,
                cast(@StartTime as timestamptz), cast(@IAmAliveTime as timestamptz) from next
              on conflict do nothing returning 1)
            select count(*) from joined
            """),
        ("UpdateMembershipKey", $"""
            {NextVersion}, changed as (
              update membership set status = @Status, suspect_times = @SuspectTimes, alive_time = cast(@IAmAliveTime as timestamptz)
              where {ThisSilo} and exists (select 1 from next) returning 1)
            select count(*) from changed
            """),
        ("UpdateIAmAlivetimeKey", $"update membership set alive_time = cast(@IAmAliveTime as timestamptz) where {ThisSilo}"),
        ("MembershipReadRowKey", $"{Silos} and m.address = @Address and m.port = @Port and m.generation = @Generation where v.deployment = @DeploymentId"),
        ("MembershipReadAllKey", $"{Silos} where v.deployment = @DeploymentId"),
        ("GatewaysQueryKey", """
            select address as Address, proxy_port as ProxyPort, generation as Generation from membership
            where deployment = @DeploymentId and status = @Status and proxy_port > 0
            """),
        ("DeleteMembershipTableEntriesKey", "delete from membership where deployment = @DeploymentId; delete from membership_version where deployment = @DeploymentId"),
        ("CleanupDefunctSiloEntriesKey", "delete from membership where deployment = @DeploymentId and alive_time < cast(@IAmAliveTime as timestamptz) and status <> 3"),
    ];
}
