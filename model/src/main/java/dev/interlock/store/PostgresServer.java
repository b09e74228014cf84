package dev.interlock.store;

import dev.interlock.action.Secret;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * A database of PostgreSQL and how it is reached: by TLS with a checked name, except on loopback.
 *
 * @param password if empty, the driver looks into {@code PGPASSFILE} or {@code ~/.pgpass}
 * @param ca the only authority for the server's certificate; if empty, those of the JDK count
 */
public record PostgresServer(
        String host, int port, String database, String user, Optional<Secret> password, Optional<Path> ca) {

    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|\\[::1]");

    private static final Duration MAX_CONNECT = Duration.ofSeconds(5);

    /** Maximum time for an answer. A gateway whose database hangs serves nothing long before. */
    private static final Duration MAX_ANSWER = Duration.ofSeconds(15);

    /**
     * What the server does for us: it ends what a frozen gateway has begun, for which the writes of all others wait,
     * and finds out that a machine is gone. No transaction of ours pauses for a second.
     */
    private static final String SETTINGS =
            "-c idle_in_transaction_session_timeout=5s -c lock_timeout=10s -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3";

    Connection open(String settings) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://" + host + ":" + port + "/" + database, properties(SETTINGS + settings));
    }

    Properties properties(String settings) {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        password.ifPresent(secret -> secret.use(text -> properties.setProperty("password", text)));
        properties.setProperty("ApplicationName", "interlock");
        properties.setProperty("connectTimeout", Long.toString(MAX_CONNECT.toSeconds()));
        properties.setProperty("socketTimeout", Long.toString(MAX_ANSWER.toSeconds()));
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("targetServerType", "primary"); // a replica cannot be written
        properties.setProperty("logServerErrorDetail", "false"); // the details quote rows
        properties.setProperty("options", settings);
        if (ca.isPresent()) {
            properties.setProperty("sslmode", "verify-full");
            properties.setProperty("sslrootcert", ca.get().toString());
        } else if (LOOPBACK.matcher(host).matches()) {
            properties.setProperty("sslmode", "disable");
        } else {
            properties.setProperty("sslmode", "verify-full");
            properties.setProperty("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
        }
        return properties;
    }

    StoreUnavailableException failure(SQLException cause) {
        String state = cause.getSQLState() == null ? "" : cause.getSQLState();
        String words = switch (state.length() < 2 ? "" : state.substring(0, 2)) {
            case "08" -> "cannot be reached: check its address, its certificate and whether it runs";
            case "28" -> "refuses this user or password: check `store` in gateway.yaml";
            case "53" -> "has no room or no connection left: free some there";
            case "25" -> "is read-only: connect to the primary";
            case "57" -> "ended the connection";
            default -> "failed";
        };
        return new StoreUnavailableException(
                "the store `" + this + "` " + words + " (" + cause.getMessage() + ")", cause);
    }

    @Override
    public String toString() {
        return "postgres://" + user + "@" + host + ":" + port + "/" + database;
    }
}
