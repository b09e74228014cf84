package dev.interlock.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.interlock.evidence.SshPublicKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * {@code gateway.yaml}: what is local to one machine. It belongs to root and is not sealed; what decides about actions
 * is.
 *
 * @param origin the name of this gateway's log, as {@code interlock.example/pocketos}
 * @param listen the loopback address and port of the reverse front
 * @param tls with what the reverse front encrypts; without it, it speaks in the clear
 * @param proxy whether tunnels are opened there too; in a place, they always are
 * @param data where the ledger, the vault, the store and the seal in force lie; the daemon's own, mode 0700
 * @param run where sockets are made
 * @param replica where the ledger is copied to, if anywhere
 * @param admins the users who may use the administrative socket, by name or number
 * @param sealSigners whose signatures make a seal
 * @param alerts where alerts go besides standard error: receivers, by the names that seals tell alerts to
 * @param keys if the credentials are kept by a process with a user of its own
 * @param console where people look and sign; {@code off} if nowhere
 * @param metrics the loopback address and port where Prometheus fetches them, if anybody does
 * @param traces where they are sent, if anywhere
 * @param log what is written on standard error
 */
public record Config(
        @JsonProperty(required = true) String origin,
        @JsonProperty(required = true) String listen,
        Optional<Tls> tls,
        boolean proxy,
        @JsonProperty(required = true) Path data,
        @JsonProperty(required = true) Path run,
        Optional<Path> replica,
        List<String> admins,
        @JsonProperty(required = true) Signers sealSigners,
        Map<String, Receiver> alerts,
        Optional<Keys> keys,
        Optional<Console> console,
        Optional<String> metrics,
        Optional<Traces> traces,
        LogForm log) {

    /**
     * The console for people.
     *
     * @param listen its own address and port
     * @param origin what browsers call it: scheme, name and port
     * @param tls with what it encrypts; it must, beyond loopback
     * @param clientSecretFile holds what the seal's provider knows this gateway by, a secret; the daemon's alone, mode
     *     0600
     * @param providerCa who alone vouches for that provider's addresses; if empty, whoever the JDK trusts
     * @param off whether there is none
     */
    public record Console(
            Optional<String> listen,
            Optional<URI> origin,
            Optional<Tls> tls,
            Optional<Path> clientSecretFile,
            Optional<Path> providerCa,
            boolean off) {

        private static final String LISTEN = "127.0.0.1:7412";

        /** Of 128 bits 32 hexadecimal digits, and the name that they are below. */
        private static final int SHORTEST_UNGUESSABLE = 32 + ".localhost".length();

        /** As it is where nothing is said of it. */
        static final Console USUAL = silent(false);

        /** {@code console: off}; YAML takes the word for a boolean. */
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Console of(boolean on) {
            if (on) {
                throw new IllegalArgumentException("`console` must be `off` or an address to listen on");
            }
            return silent(true);
        }

        private static Console silent(boolean off) {
            return new Console(
                    Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), off);
        }

        /** {@code console: off}, where it is a word. */
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Console of(String word) {
            if (!word.equals("off")) {
                throw new IllegalArgumentException("`console` must be `off` or an address to listen on");
            }
            return of(false);
        }

        @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
        static Console of(
                @JsonProperty("listen") Optional<String> listen,
                @JsonProperty("origin") Optional<URI> origin,
                @JsonProperty("tls") Optional<Tls> tls,
                @JsonProperty("client-secret-file") Optional<Path> clientSecretFile,
                @JsonProperty("provider-ca") Optional<Path> providerCa) {
            return new Console(listen, origin, tls, clientSecretFile, providerCa, false);
        }

        private Console below(Path directory) {
            return new Console(
                    listen,
                    origin,
                    tls.map(t -> t.below(directory)),
                    clientSecretFile.map(directory::resolve),
                    providerCa.map(directory::resolve),
                    off);
        }

        /** Where it listens. */
        public InetSocketAddress listenAddress() {
            return address("console.listen", listen.orElse(LISTEN));
        }

        /**
         * Whether it rests on a name below {@code localhost} that others can think of: cookies know no ports (RFC 6265
         * §8.5), and every browser takes such a name for this machine, whichever program answers there.
         */
        public boolean isGuessable() {
            return tls.isEmpty()
                    && Optional.ofNullable(called().getHost())
                            .filter(host -> host.endsWith(".localhost") && host.length() < SHORTEST_UNGUESSABLE)
                            .isPresent();
        }

        /** What browsers call it. */
        public URI called() {
            return origin.orElseGet(() -> URI.create((tls.isPresent() ? "https://" : "http://") + "localhost:"
                    + listenAddress().getPort()));
        }
    }

    /**
     * A keys process that is not the gateway's child, and what it is known by.
     *
     * @param user whose it is, and the vault's files
     * @param gateway the one user that it answers
     * @param data where the vault lies, out of the gateway's reach
     * @param run where its socket is made; only {@code user} can write there
     */
    public record Keys(
            @JsonProperty(required = true) String user,
            @JsonProperty(required = true) String gateway,
            @JsonProperty(required = true) Path data,
            @JsonProperty(required = true) Path run) {

        public Path socket() {
            return run.resolve("keys.sock");
        }
    }

    /** The kernel gives a socket's path 107 bytes; a place's is {@code run/places/UUID/gateway.sock}. */
    private static final int MAX_RUN_BYTES = 50;

    /**
     * The keys that seal, pinned here and nowhere else.
     *
     * @param quorum how many distinct ones it takes; at least 1
     * @param keys OpenSSH public keys, one line each
     */
    public record Signers(
            @JsonProperty(required = true) int quorum,
            @JsonProperty(required = true) List<String> keys) {
        public Signers {
            keys = List.copyOf(keys);
            if (quorum < 1 || quorum > keys.size()) {
                throw new IllegalArgumentException("`seal-signers.quorum` must be between 1 and the number of keys");
            }
        }

        /** Returns the keys, parsed. */
        public Set<SshPublicKey> publicKeys() {
            return keys.stream().map(SshPublicKey::parse).collect(Collectors.toUnmodifiableSet());
        }
    }

    /**
     * Who the reverse front is to clients that speak TLS.
     *
     * @param certificate the server's, then each issuer's, in PEM form
     * @param key the private key of the first, in PEM form; the daemon's alone, mode 0600
     */
    public record Tls(
            @JsonProperty(required = true) Path certificate,
            @JsonProperty(required = true) Path key) {

        private Tls below(Path directory) {
            return new Tls(directory.resolve(certificate), directory.resolve(key));
        }
    }

    /**
     * A collector of OpenTelemetry traces.
     *
     * @param endpoint up to {@code /v1/traces}; https, or http on loopback
     * @param authorizationFile holds the value of the field {@code Authorization}, a secret; mode 0600
     */
    public record Traces(@JsonProperty(required = true) URI endpoint, Optional<Path> authorizationFile) {}

    /** How lines on standard error are written. */
    public enum LogForm {
        /** For people. */
        @JsonProperty("text")
        TEXT,
        /** One JSON object a line. */
        @JsonProperty("json")
        JSON;

        /** Overrides what a file says. */
        static final String VARIABLE = "INTERLOCK_LOG";

        /** The form that is in force where {@code environment} says what it does. */
        public LogForm or(Map<String, String> environment) {
            return switch (environment.getOrDefault(VARIABLE, "")) {
                case "json" -> JSON;
                case "text" -> TEXT;
                case "" -> this;
                default -> throw new IllegalArgumentException("`" + VARIABLE + "` is `text` or `json`");
            };
        }
    }

    /**
     * One way to people: a signed webhook ({@code url} and {@code secret-file}), an incoming webhook of Slack's kind
     * ({@code slack-url-file}) or a program ({@code exec}).
     *
     * @param url of a receiver of Standard Webhooks messages; https, or http on loopback
     * @param secretFile holds the signing secret, {@code whsec_…}; the daemon's alone, mode 0600
     * @param slackUrlFile holds the whole address, which is a secret; the daemon's alone, mode 0600
     * @param exec an absolute path
     */
    public record Receiver(
            Optional<URI> url, Optional<Path> secretFile, Optional<Path> slackUrlFile, Optional<Path> exec) {
        public Receiver {
            long kinds = List.of(url, slackUrlFile, exec).stream()
                    .filter(Optional::isPresent)
                    .count();
            if (kinds != 1 || url.isPresent() != secretFile.isPresent()) {
                throw new IllegalArgumentException(
                        "a receiver needs `url` and `secret-file`, or `slack-url-file`, or `exec`");
            }
            if (exec.isPresent() && !exec.get().isAbsolute()) {
                throw new IllegalArgumentException("`exec` must be an absolute path without arguments");
            }
        }

        /** The file that must stay secret, if there is one. */
        public Optional<Path> secret() {
            return secretFile.or(() -> slackUrlFile);
        }

        private Receiver below(Path directory) {
            return new Receiver(url, secretFile.map(directory::resolve), slackUrlFile.map(directory::resolve), exec);
        }
    }

    /** A seal names them, and so do directories below {@code data}. */
    private static final Pattern RECEIVER = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

    /** Each has a thread and a directory. */
    private static final int MAX_RECEIVERS = 16;

    public Config {
        console = console == null || console.isEmpty() ? Optional.of(Console.USUAL) : console;
        admins = admins == null || admins.isEmpty() ? List.of("root") : List.copyOf(admins);
        alerts = alerts == null ? Map.of() : Map.copyOf(alerts);
        log = log == null ? LogForm.TEXT : log;
        if (alerts.size() > MAX_RECEIVERS) {
            throw new IllegalArgumentException("`alerts` names more than " + MAX_RECEIVERS + " receivers");
        }
        for (String name : alerts.keySet()) {
            if (!RECEIVER.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        "a receiver's name in `alerts` must be lower-case letters, digits and `._-`");
            }
        }
    }

    /**
     * Reads {@code file}; relative paths in it are relative to its directory.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it is not understood whole; the message says where
     */
    public static Config read(Path file) throws IOException {
        Config config = written(file, Config.class)
                .below(file.toAbsolutePath().normalize().resolveSibling(".").normalize());
        requireRoomForSockets(config.run());
        return config;
    }

    /**
     * What a file of root's says, whose keys are {@code form}'s.
     *
     * @throws IllegalArgumentException if it is not understood whole; the message says where, in the file's words
     */
    public static <T> T written(Path file, Class<T> form) throws IOException {
        YAMLMapper mapper = mapper();
        String text = Files.readString(file);
        ConfigErrors misread = new ConfigErrors(mapper, text, form);
        try {
            misread.keys().ifPresent(why -> {
                throw new IllegalArgumentException("`" + file + "` " + why);
            });
            return mapper.readValue(text, form);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("`" + file + "` " + misread.words(e), e);
        }
    }

    /** What reads a file of root's: nothing in it may be unknown, or said twice. */
    private static YAMLMapper mapper() {
        YAMLMapper mapper = YAMLMapper.builder(YAMLFactory.builder()
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build();
        mapper.registerModule(new Jdk8Module());
        mapper.registerModule(new SimpleModule().addDeserializer(Path.class, new PathAsWritten()));
        return mapper;
    }

    /** Jackson's own takes what has a colon in it for a URI. */
    private static final class PathAsWritten extends FromStringDeserializer<Path> {

        private static final long serialVersionUID = 1L;

        PathAsWritten() {
            super(Path.class);
        }

        @Override
        protected Path _deserialize(String text, DeserializationContext context) {
            return Path.of(text);
        }
    }

    /**
     * Requires that sockets may be made in {@code run}.
     *
     * @throws IllegalArgumentException if its path leaves no room for their names
     */
    public static void requireRoomForSockets(Path run) {
        int length = run.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_RUN_BYTES) {
            throw new IllegalArgumentException("the directory `" + run + "` is too long for sockets: it"
                    + " has " + length + " bytes, and the limit is " + MAX_RUN_BYTES + "; choose a shorter one, such"
                    + " as /run/interlock");
        }
    }

    private Config below(Path directory) {
        return new Config(
                origin,
                listen,
                tls.map(t -> t.below(directory)),
                proxy,
                directory.resolve(data),
                directory.resolve(run),
                replica.map(directory::resolve),
                admins,
                sealSigners,
                alerts.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, alert -> alert.getValue().below(directory))),
                keys.map(k -> new Keys(k.user(), k.gateway(), directory.resolve(k.data()), directory.resolve(k.run()))),
                console.map(c -> c.below(directory)),
                metrics,
                traces.map(t -> new Traces(t.endpoint(), t.authorizationFile().map(directory::resolve))),
                log);
    }

    /**
     * The reverse front's address.
     *
     * @throws IllegalArgumentException if it is not {@code host:port}
     */
    public InetSocketAddress listenAddress() {
        return address("listen", listen);
    }

    /** Where metrics are fetched, as {@link #listenAddress}. */
    public Optional<InetSocketAddress> metricsAddress() {
        return metrics.map(text -> address("metrics", text));
    }

    private static InetSocketAddress address(String key, String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("`" + key + "` is written `127.0.0.1:7411`, not `" + text + "`");
        }
        return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    /** The vault's directory. */
    public Path vault() {
        return keys.map(Keys::data).orElse(data).resolve("vault");
    }

    /** Where agents call, up to the upstream's name. */
    public String frontAddress() {
        return (tls.isPresent() ? "https://" : "http://") + listen;
    }

    /** The administrative socket. */
    public Path adminSocket() {
        return run.resolve("admin.sock");
    }

    /** The sealed envelope in force. */
    public Path sealFile() {
        return data.resolve("seal.json");
    }

    /** The ledger's directory. */
    public Path ledger() {
        return data.resolve("ledger");
    }
}
