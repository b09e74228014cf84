package dev.interlock.front.postgres;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.Seal;
import dev.interlock.backup.postgres.SocketRelay;
import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.gate.Handler;
import dev.interlock.gate.StateUndo;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;

/** The database {@code shop} of a real server, which its owner reaches directly and agents by a front. */
final class TestingShop implements AutoCloseable {

    private static final DatabaseUndo UNDO =
            new DatabaseUndo(_ -> (SSLSocketFactory) SSLSocketFactory.getDefault(), new SecureRandom());

    private final TestingPostgres database;
    private final SocketRelay relay;

    TestingShop(Path directory) throws Exception {
        database = new TestingPostgres(directory, List.of());
        relay = new SocketRelay(database.sockets().resolve(".s.PGSQL.5432"));
    }

    Seal.Upstream upstream() {
        return new Seal.Upstream(
                "shop",
                "pg",
                URI.create("postgres://127.0.0.1:" + relay.port() + "/shop"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
    }

    PostgresFront listen(Handler gate) throws IOException {
        return PostgresFront.listen(
                new InetSocketAddress("127.0.0.1", 0),
                () -> List.of(upstream()),
                gate,
                Optional.empty(),
                _ -> (SSLSocketFactory) SSLSocketFactory.getDefault(),
                InstantSource.system(),
                new SecureRandom());
    }

    /** Opens a session past every front. */
    Connection connect(String role, String password) throws SQLException {
        return connect(relay.port(), role, password, "");
    }

    Connection owner() throws SQLException {
        return connect("postgres", TestingPostgres.PASSWORD);
    }

    /** Opens a session of the agent, by the simple protocol or by the extended one. */
    static Connection agent(PostgresFront front, String mode) throws SQLException {
        return connect(
                front.address().getPort(),
                "agent",
                TestingGate.TOKEN,
                "&preferQueryMode=" + mode + "&prepareThreshold=1");
    }

    private static Connection connect(int port, String user, String password, String options) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/shop?sslmode=disable" + options, user, password);
    }

    static int run(Connection connection, String text) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(text);
            return statement.getUpdateCount();
        }
    }

    StateUndo undo(Bytes kept) {
        return UNDO.undo(upstream(), kept).orElseThrow();
    }

    /** Puts back what was kept, with {@code credential}, a role and its password. */
    void restore(Bytes kept, String credential) throws IOException {
        UNDO.passage(upstream())
                .forward(undo(kept).restoration().get(), _ -> Optional.of(new Header("password", credential)));
    }

    @Override
    public void close() throws IOException {
        relay.close();
        database.close();
    }
}
