package dev.interlock.store;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What differs between the engines of the store: connections, how transactions begin, words of SQL, and values. */
interface Engine {

    Connection open(boolean readOnly) throws SQLException;

    /** Returns a number that is another one once connections have broken, so that none of these is used again. */
    long breaks();

    /** Begins a transaction. A writer's follows all earlier ones of every gateway; a reader's sees one snapshot. */
    void begin(Sql sql, Connection connection, boolean readOnly) throws SQLException;

    /** Commits what {@code sql} did, and tells other gateways what they must read again. */
    void commit(Sql sql, Connection connection) throws SQLException;

    /** Returns whether several statements, separated by semicolons, go to the database together. */
    boolean pipelines();

    /** Returns the number of the last transaction that this one sees, which grows with each that writes. */
    long number(Connection connection) throws SQLException;

    /** Returns {@code statement}, which is written for SQLite, in the words of this engine. */
    String words(String statement);

    /** Returns {@code value} as this engine can store it. */
    @Nullable Object stored(@Nullable Object value);

    /** Says what {@code cause} means for the store, and what to do. */
    StoreUnavailableException failure(SQLException cause);

    /** Gives up what the engine holds beside its connections, which are closed. */
    void close();

    /** Leaves nothing of deleted rows where it can. */
    default void compact() throws SQLException {}
}
