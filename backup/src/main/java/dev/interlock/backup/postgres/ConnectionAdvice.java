package dev.interlock.backup.postgres;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Advice for a source that could not be connected to. {@code psql} explains the cause well, but does not know in which
 * configuration the mistake is.
 */
final class ConnectionAdvice {

    private static final String IN = " of the plan's `postgres` in backups.yaml";

    /** The advice by libpq's message under {@code LC_ALL=C}. */
    private static final Map<String, String> NEXT = new LinkedHashMap<>();

    static {
        NEXT.put("could not translate host name", "see `host`" + IN);
        NEXT.put("no pg_hba.conf entry", "allow this machine and this user in the server's " + "pg_hba.conf");
        NEXT.put("password", "see `user` and `password-file`" + IN);
        NEXT.put("role \"", "see `user`" + IN);
        NEXT.put("database \"", "see `database`" + IN);
        NEXT.put("onnect", "check that the server is running, and check `host` and `port`" + IN);
    }

    private ConnectionAdvice() {}

    /** Returns the next step for a person who sees the message {@code why}. */
    static String next(String why) {
        return NEXT.entrySet().stream()
                .filter(each -> why.contains(each.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("check the plan's `postgres` in backups.yaml");
    }
}
