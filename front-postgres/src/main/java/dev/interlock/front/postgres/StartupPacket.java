package dev.interlock.front.postgres;

import dev.interlock.action.Secret;
import dev.interlock.front.postgres.sql.GrammarSettings;
import dev.interlock.gate.ProbeMarks;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The first packet of a connection, which has no type. */
sealed interface StartupPacket {

    int PROTOCOL = 3 << 16;
    int NEWEST = PROTOCOL | 2;
    int CANCEL = 80_877_102;
    int MAX_LENGTH = 10_000;

    /** The client asks whether it may encrypt, in one of two ways. */
    record Encryption(boolean isTls) implements StartupPacket {}

    record Cancel(CancelKey key) implements StartupPacket {}

    /** With which a client may cancel what a connection runs. */
    record CancelKey(int process, String secret) {

        static CancelKey of(int process, byte[] secret) {
            return new CancelKey(process, HexFormat.of().formatHex(secret));
        }

        @Override
        public String toString() {
            return "key [redacted]";
        }
    }

    /**
     * The client greets.
     *
     * @param minor the version after 3 that is spoken
     * @param refused options of the protocol that nobody here knows
     * @param settings what the session starts with; each is harmless
     * @param mark the mark of a probe, if it is one of the gateway's own
     */
    record Greeting(
            int minor,
            boolean isNegotiated,
            List<String> refused,
            String database,
            Map<String, String> settings,
            Optional<Secret> mark)
            implements StartupPacket {}

    /** Settings that a session may start with: they change no meaning and guard nothing. */
    Set<String> SETTINGS = Set.of(
            "application_name",
            "datestyle",
            "extra_float_digits",
            "idle_in_transaction_session_timeout",
            "intervalstyle",
            "lock_timeout",
            "search_path",
            "statement_timeout",
            "timezone");

    static StartupPacket read(DataInputStream in) throws IOException {
        int length = in.readInt() - 4;
        if (length < 4 || length > MAX_LENGTH) {
            throw new ProtocolException("this is no greeting of PostgreSQL's protocol");
        }
        PayloadReader reader = new PayloadReader(in.readNBytes(length));
        int code = reader.int32();
        return switch (code) {
            case 80_877_103 -> new Encryption(true);
            case 80_877_104 -> new Encryption(false);
            case CANCEL -> new Cancel(CancelKey.of(reader.int32(), reader.bytes(reader.left())));
            default -> greeting(code, reader);
        };
    }

    private static Greeting greeting(int code, PayloadReader reader) throws ProtocolException {
        if (code >>> 16 != 3) {
            throw new ProtocolException("only version 3 of PostgreSQL's protocol is spoken");
        }
        Map<String, String> all = new LinkedHashMap<>();
        for (String name = reader.text(); !name.isEmpty(); name = reader.text()) {
            if (all.put(name, reader.text()) != null) {
                throw new ProtocolException("the parameter `" + shown(name) + "` is there twice");
            }
        }
        reader.end();
        Map<String, String> settings = new TreeMap<>();
        List<String> refused =
                all.keySet().stream().filter(name -> name.startsWith("_pq_.")).toList();
        all.forEach((name, value) -> {
            if (SETTINGS.contains(name.toLowerCase(Locale.ROOT))) {
                settings.put(name, value);
            }
        });
        for (Map.Entry<String, String> each : all.entrySet()) {
            requireKnown(each.getKey(), each.getValue());
        }
        String user = all.getOrDefault("user", "");
        int minor = Math.min(code & 0xffff, 2);
        return new Greeting(
                minor,
                (code & 0xffff) > 2 || !refused.isEmpty(),
                refused,
                all.getOrDefault("database", user),
                settings,
                Optional.ofNullable(all.get(ProbeMarks.NAME)).map(Secret::new));
    }

    private static void requireKnown(String name, String value) throws ProtocolException {
        String lower = name.toLowerCase(Locale.ROOT);
        boolean isKnown = switch (lower) {
            case "user", "database", ProbeMarks.NAME -> true;
            case "client_encoding" -> GrammarSettings.permits(lower, value);
            case "replication" -> Set.of("false", "off", "no", "0").contains(value.toLowerCase(Locale.ROOT));
            case "options" -> value.isBlank();
            default -> SETTINGS.contains(lower) || name.startsWith("_pq_.");
        };
        if (!isKnown) {
            throw new ProtocolException("the parameter `" + shown(name) + "` is not passed on with this value");
        }
    }

    private static String shown(String name) {
        return name.length() <= 64 && name.matches("[\\w.-]+") ? name : "?";
    }
}
