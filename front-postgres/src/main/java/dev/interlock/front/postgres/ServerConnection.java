package dev.interlock.front.postgres;

import dev.interlock.front.postgres.sql.GrammarSettings;
import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A connection to the database, logged in with the upstream's credential. A server that wants the password itself gets
 * none.
 *
 * @param parameters what the server says of itself, as messages for the client
 * @param isUtf8 whether the database holds its texts in UTF-8
 * @param key with which a statement can be cancelled
 */
record ServerConnection(Wire wire, List<Message> parameters, boolean isUtf8, Message key, ServerAddress server)
        implements Closeable {

    private static final int MAX_GREETING = 1 << 14;

    record Role(String name, String password) {

        /** Reads {@code role:password}, as the vault holds it. */
        static Role read(String secret) throws ProtocolException {
            int colon = secret.indexOf(':');
            if (colon < 1) {
                throw new ProtocolException("the credential is not of the form `role:password`");
            }
            return new Role(secret.substring(0, colon), secret.substring(colon + 1));
        }

        @Override
        public String toString() {
            return "role [redacted]";
        }
    }

    static String authority(URI address) {
        return address.getHost() + (address.getPort() < 0 ? "" : ":" + address.getPort());
    }

    static String database(URI address) {
        String path = address.getPath();
        return path == null || path.length() < 2 ? "" : path.substring(1);
    }

    /** Returns where it leads. */
    URI address() {
        return server.uri();
    }

    /**
     * Connects and logs in. {@code settings} are the client's, from the list of those that change no meaning. A server
     * that would read a text otherwise than the grammar here is refused.
     */
    static ServerConnection open(ServerAddress address, Role role, Map<String, String> settings, SecureRandom random)
            throws IOException {
        Socket socket = address.dial();
        try {
            Wire wire = new Wire(socket);
            Message.Builder startup = Message.of('\0').int32(StartupPacket.PROTOCOL);
            startup.text("user").text(role.name()).text("database").text(address.database());
            GrammarSettings.require(settings)
                    .forEach((name, value) -> startup.text(name).text(value));
            wire.send(startup.int8(0).build().untyped());
            logIn(wire, role, random);
            return greeted(wire, address);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static void logIn(Wire wire, Role role, SecureRandom random) throws IOException {
        Scram scram = new Scram(role.password(), random);
        boolean proven = false;
        while (true) {
            Message message = wire.read(MAX_GREETING);
            if (message.type() == 'E') {
                throw new ProtocolException("the server refuses the credential");
            }
            if (message.type() == 'v') {
                throw new ProtocolException("the server does not speak protocol 3.0");
            }
            if (message.type() == 'N') {
                continue;
            }
            if (message.type() != 'R') {
                throw new ProtocolException("the server does not greet as PostgreSQL does");
            }
            PayloadReader reader = message.reader();
            switch (reader.int32()) {
                case 0 -> {
                    if (!proven) {
                        throw new ProtocolException("the server lets in without a password; set `scram-sha-256` there");
                    }
                    return;
                }
                case 10 -> {
                    requireScram(reader);
                    byte[] first = scram.first().getBytes(StandardCharsets.UTF_8);
                    wire.send(Message.of('p')
                            .text(Scram.MECHANISM)
                            .int32(first.length)
                            .bytes(first)
                            .build());
                }
                case 11 ->
                    wire.send(Message.of('p')
                            .bytes(scram.last(rest(reader)).getBytes(StandardCharsets.UTF_8))
                            .build());
                case 12 -> {
                    scram.check(rest(reader));
                    proven = true;
                }
                default -> throw new ProtocolException("the server wants another log-in than `scram-sha-256`");
            }
        }
    }

    private static void requireScram(PayloadReader reader) throws ProtocolException {
        boolean offered = false;
        for (String mechanism = reader.text(); !mechanism.isEmpty(); mechanism = reader.text()) {
            offered |= mechanism.equals(Scram.MECHANISM);
        }
        if (!offered) {
            throw new ProtocolException("the server does not offer `scram-sha-256`");
        }
    }

    private static String rest(PayloadReader reader) throws ProtocolException {
        return new String(reader.bytes(reader.left()), StandardCharsets.UTF_8);
    }

    static ServerConnection greeted(Wire wire, ServerAddress address) throws IOException {
        List<Message> parameters = new ArrayList<>();
        Map<String, String> values = new HashMap<>();
        Message key = Message.of('K').int32(0).int32(0).build();
        while (true) {
            Message message = wire.read(MAX_GREETING);
            switch (message.type()) {
                case 'S' -> {
                    PayloadReader parameter = message.reader();
                    values.put(parameter.text(), parameter.text());
                    parameters.add(message);
                }
                case 'K' -> key = message;
                case 'N' -> {}
                case 'Z' -> {
                    for (String setting : GrammarSettings.REPORTED) {
                        requireMeaning(setting, values.getOrDefault(setting, ""));
                    }
                    wire.socket().setSoTimeout(0);
                    boolean isUtf8 = values.getOrDefault("server_encoding", "").equals("UTF8");
                    return new ServerConnection(wire, List.copyOf(parameters), isUtf8, key, address);
                }
                default -> throw new ProtocolException("the server refuses the database or the settings");
            }
        }
    }

    /** Refuses a value by which the texts that are read here have another meaning there. */
    static void requireMeaning(Message parameter) throws ProtocolException {
        PayloadReader reader = parameter.reader();
        requireMeaning(reader.text(), reader.text());
    }

    private static void requireMeaning(String setting, String value) throws ProtocolException {
        if (!GrammarSettings.permits(setting, value)) {
            throw new ProtocolException("the server has set " + setting + " to another value");
        }
    }

    /** Sends {@code question}, which the server answers until it is ready, and returns the answer. */
    ServerPump.Asked ask(List<Message> question) throws IOException {
        for (Message message : question) {
            wire.write(message);
        }
        wire.flush();
        List<Message> answers = new ArrayList<>();
        int length = 0;
        do {
            answers.add(wire.read(Batch.MAX_BYTES - length));
            if (answers.getLast().type() == 'S') {
                requireMeaning(answers.getLast());
            }
            length += answers.getLast().payload().length + 64;
        } while (answers.getLast().type() != 'Z' && length < Batch.MAX_BYTES);
        return new ServerPump.Asked(answers, answers.getLast().type() != 'Z');
    }

    void cancel() throws IOException {
        try (Socket socket = server.dial()) {
            Message.Builder request =
                    Message.of('\0').int32(StartupPacket.CANCEL).bytes(key.payload());
            socket.getOutputStream().write(request.build().untyped());
            socket.getInputStream().read(); // the server closes when it has acted
        }
    }

    @Override
    public void close() throws IOException {
        wire.close();
    }
}
