package dev.interlock.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.evidence.WitnessKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The file {@code gateway.yaml}, which holds the settings of one machine. It belongs to root and is not sealed; the
 * settings that decide about actions are sealed.
 *
 * @param origin the name of this gateway's log, as {@code interlock.example/pocketos}
 * @param listen the loopback address and port of the reverse front
 * @param tls the certificate and key of the reverse front; without it, the front speaks plain HTTP
 * @param proxy whether tunnels are accepted there too; in a sandbox's place, they always are
 * @param remote the listener for agents on other machines, if there is one
 * @param postgres the address and port for clients of PostgreSQL, if there are databases behind the gateway; beyond
 *     loopback only with {@code tls}
 * @param data the directory of the ledger, the vault, the store and the seal in force; the daemon's own, mode 0700
 * @param run the directory where sockets are made
 * @param store the database of PostgreSQL for the store: its {@code url} alone, or the keys below; without it, the
 *     store is a file in {@code data}
 * @param replica the directory of the ledger's copy, if there is one
 * @param replicas the directory with the copies of the other gateways' ledgers, if several share the store
 * @param replicaBucket the bucket of a copy, if there is one
 * @param retention how long the texts of receipts are kept that may name people, as {@code 400d}, or {@code unlimited};
 *     they are sealed then, and can be erased
 * @param witnesses those who cosign the log's checkpoints on other machines, by any name
 * @param admins the users who may use the administrative socket, by name or number
 * @param sealSigners the keys whose signatures make a seal
 * @param alerts the receivers of alerts besides standard error, by the names that seals use
 * @param keys the keys process, if credentials are in a process with a user of its own
 * @param console the console on which people read and sign; {@code off} if there is none
 * @param metrics the loopback address and port where Prometheus fetches metrics, if it does
 * @param traces the collector that traces are sent to, if there is one
 * @param log the form of the log on standard error
 */
public record Config(
        @JsonProperty(required = true) String origin,
        @JsonProperty(required = true) String listen,
        Optional<Tls> tls,
        boolean proxy,
        Optional<Remote> remote,
        Optional<String> postgres,
        @JsonProperty(required = true) Path data,
        @JsonProperty(required = true) Path run,
        Optional<Store> store,
        Optional<Path> replica,
        Optional<Path> replicas,
        Optional<Bucket> replicaBucket,
        Optional<String> retention,
        Map<String, Witness> witnesses,
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
     * @param origin its origin in browsers: scheme, name and port
     * @param tls its certificate and key; required beyond loopback
     * @param clientSecretFile the file of the secret by which the seal's identity provider knows this gateway; the
     *     daemon's alone, mode 0600
     * @param providerCa the only authority for that provider's certificates; if empty, those of the JDK count
     * @param push push services besides those of the known browsers, if there are any
     * @param off whether there is no console
     */
    public record Console(
            Optional<String> listen,
            Optional<URI> origin,
            Optional<Tls> tls,
            Optional<Path> clientSecretFile,
            Optional<Path> providerCa,
            Optional<Push> push,
            boolean off) {

        private static final String LISTEN = "127.0.0.1:7412";

        /** The length of an unguessable name: 32 hexadecimal digits for 128 bits, and the parent name. */
        private static final int SHORTEST_UNGUESSABLE = 32 + ".localhost".length();

        static final Console USUAL = silent(false);

        /** Reads {@code console: off}; YAML reads the word as a boolean. */
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Console of(boolean on) {
            if (on) {
                throw new IllegalArgumentException("`console` must be `off` or an address to listen on");
            }
            return silent(true);
        }

        private static Console silent(boolean off) {
            return new Console(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    off);
        }

        /** Reads {@code console: off} where it was read as text. */
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Console of(String word) {
            return of(!word.equals("off"));
        }

        @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
        static Console of(
                @JsonProperty("listen") Optional<String> listen,
                @JsonProperty("origin") Optional<URI> origin,
                @JsonProperty("tls") Optional<Tls> tls,
                @JsonProperty("client-secret-file") Optional<Path> clientSecretFile,
                @JsonProperty("provider-ca") Optional<Path> providerCa,
                @JsonProperty("push") Optional<Push> push) {
            return new Console(listen, origin, tls, clientSecretFile, providerCa, push, false);
        }

        public InetSocketAddress listenAddress() {
            return address("console.listen", listen.orElse(LISTEN));
        }

        /**
         * Returns whether its name lies below {@code localhost} and others can guess it. Cookies are shared between
         * ports (RFC 6265 §8.5). Every browser takes such a name for this machine, whichever program answers there.
         */
        public boolean isGuessable() {
            return tls.isEmpty()
                    && Optional.ofNullable(called().getHost())
                            .filter(host -> host.endsWith(".localhost") && host.length() < SHORTEST_UNGUESSABLE)
                            .isPresent();
        }

        /** Returns its origin in browsers. */
        public URI called() {
            return origin.orElseGet(() -> URI.create((tls.isPresent() ? "https://" : "http://") + "localhost:"
                    + listenAddress().getPort()));
        }
    }

    /**
     * Push services of one's own, which browsers were set up to use.
     *
     * @param services their host names, as {@code push.example.com}, with a port if it is not 443
     * @param ca the only authority for their certificates; if empty, those of the JDK count
     */
    public record Push(@JsonProperty(required = true) List<String> services, Optional<Path> ca) {

        private static final Pattern SERVICE = Pattern.compile("(?=.{1,259}$)" + HOST + "(:[1-9][0-9]{0,4})?");

        private static final int MAX_SERVICES = 16;

        public Push {
            services = List.copyOf(services);
            if (services.isEmpty() || services.size() > MAX_SERVICES) {
                throw new IllegalArgumentException("`console.push.services` must be 1 to " + MAX_SERVICES
                        + " host names, as `[push.example.com]`");
            }
            for (String service : services) {
                if (!SERVICE.matcher(service).matches()) {
                    throw new IllegalArgumentException(
                            "`console.push.services` must be host names in lower case, as `push.example.com` or `push.example.com:8443`");
                }
            }
        }
    }

    /**
     * A keys process that is not the gateway's child, and how it is recognised.
     *
     * @param user the user who runs it and owns the vault's files
     * @param gateway the one user whose requests it answers
     * @param data the vault's directory, out of the gateway's reach
     * @param run the directory of its socket; only {@code user} can write there
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

    /**
     * Maximum bytes of the run path. The kernel allows 107 bytes for a socket's path, and a place's socket is at
     * {@code run/places/UUID/gateway.sock}.
     */
    private static final int MAX_RUN_BYTES = 50;

    /**
     * The keys that may seal, pinned here and nowhere else.
     *
     * @param quorum the number of distinct keys that have to sign; at least 1
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

        public Set<SshPublicKey> publicKeys() {
            return keys.stream().map(SshPublicKey::parse).collect(Collectors.toUnmodifiableSet());
        }
    }

    /**
     * The identity of a listener towards TLS clients.
     *
     * @param certificate the server's certificate, then each issuer's, in PEM form
     * @param key the private key of the first certificate, in PEM form; the daemon's alone, mode 0600
     */
    public record Tls(
            @JsonProperty(required = true) Path certificate,
            @JsonProperty(required = true) Path key) {}

    /**
     * The listener for agents on other machines. It speaks TLS 1.3 alone, and every client needs the certificate of a
     * machine that was added by {@code interlock remote add}.
     *
     * @param listen its address and port, as {@code 10.0.0.5:7443}; {@code 0.0.0.0} for every address of this machine
     * @param names the host names by which machines call it, the usual one first; its certificate has all of them
     */
    public record Remote(
            @JsonProperty(required = true) String listen,
            @JsonProperty(required = true) List<String> names) {

        private static final Pattern LISTEN = Pattern.compile("([0-9.]{7,15}|\\[[0-9a-fA-F:.]+]):([0-9]{1,5})");

        private static final Pattern NAME = Pattern.compile("(?=.{1,253}$)" + HOST);

        private static final int MAX_PORT = 65_535;
        private static final int MAX_NAMES = 16;

        public Remote {
            names = List.copyOf(names);
            Matcher address = LISTEN.matcher(listen);
            if (!address.matches() || Integer.parseInt(address.group(2)) > MAX_PORT) {
                throw new IllegalArgumentException("`remote.listen` must be an address and a port, as `10.0.0.5:7443`");
            }
            if (names.isEmpty() || names.size() > MAX_NAMES) {
                throw new IllegalArgumentException(
                        "`remote.names` must be 1 to " + MAX_NAMES + " host names, as `[gateway.example.com]`");
            }
            for (String name : names) {
                if (!NAME.matcher(name).matches()) {
                    throw new IllegalArgumentException(
                            "`remote.names` must be host names in lower case without a port, as `gateway.example.com`");
                }
            }
        }

        public InetSocketAddress listenAddress() {
            return address("remote.listen", listen);
        }
    }

    /**
     * A database of PostgreSQL that several gateways serve from at once. Beyond loopback it is reached by TLS, and its
     * certificate must be for the host's name.
     *
     * @param url its user, host and name, as {@code postgres://interlock@db.example.com/interlock}
     * @param passwordFile the file with that user's password; the daemon's alone, mode 0600. Without it, that user's
     *     {@code ~/.pgpass} counts
     * @param ca the only authority for its certificate; if empty, those of the JDK count
     */
    public record Store(String url, Optional<Path> passwordFile, Optional<Path> ca) {

        private static final Pattern URL = Pattern.compile(
                "postgres(?:ql)?://([A-Za-z0-9_.-]{1,63})@(\\[[0-9a-fA-F:.]+]|[A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?/([A-Za-z0-9_.-]{1,63})");

        private static final int PORT = 5432;

        public Store {
            parts(url);
        }

        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Store of(String url) {
            return new Store(url, Optional.empty(), Optional.empty());
        }

        @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
        static Store of(
                @JsonProperty(value = "url", required = true) String url,
                @JsonProperty("password-file") Optional<Path> passwordFile,
                @JsonProperty("ca") Optional<Path> ca) {
            return new Store(url, passwordFile, ca);
        }

        public String user() {
            return parts(url).group(1);
        }

        public String host() {
            return parts(url).group(2);
        }

        public int port() {
            return parts(url).group(3) == null
                    ? PORT
                    : Integer.parseInt(parts(url).group(3));
        }

        public String database() {
            return parts(url).group(4);
        }

        private static Matcher parts(String url) {
            Matcher parts = URL.matcher(url);
            if (!parts.matches()) { // it is not quoted, because it may hold a password
                throw new IllegalArgumentException(
                        "`store` must be written `postgres://user@host/database`; a password goes into a file that `password-file` names");
            }
            return parts;
        }
    }

    /**
     * A bucket at a store that speaks S3.
     *
     * @param url the bucket and the prefix of all names, as {@code s3://bucket/prefix}
     * @param endpoint the store's address; https, or http on loopback
     * @param region the store's region
     * @param credentialsFile the file with an access key, in the form of {@code ~/.aws/credentials}; mode 0600
     * @param lockDays for how many days nobody can delete what was stored; the bucket needs Object Lock
     * @param ca the only authority for its certificate; if empty, those of the JDK count
     */
    public record Bucket(
            @JsonProperty(required = true) URI url,
            @JsonProperty(required = true) URI endpoint,
            @JsonProperty(required = true) String region,
            @JsonProperty(required = true) Path credentialsFile,
            int lockDays,
            Optional<Path> ca) {

        private static final Pattern URL =
                Pattern.compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){0,8})/?");
        private static final Pattern ENDPOINT =
                Pattern.compile("(https://[A-Za-z0-9.-]+|http://(127\\.0\\.0\\.1|localhost|\\[::1]))(:[0-9]{1,5})?/?");
        private static final int MOST_DAYS = 36_500;

        public Bucket {
            if (!URL.matcher(url.toString()).matches()
                    || !ENDPOINT.matcher(endpoint.toString()).matches()
                    || !region.matches("[a-z0-9-]{1,32}")
                    || lockDays < 0
                    || lockDays > MOST_DAYS) {
                throw new IllegalArgumentException(
                        "`replica-bucket` is written `{url: s3://bucket/prefix, endpoint: https://s3.eu-central-1.amazonaws.com, region: eu-central-1, credentials-file: s3.key, lock-days: 400}`");
            }
        }

        /** Returns the address below which its objects are, by the bucket's name in the path. */
        public URI root() {
            Matcher parts = URL.matcher(url.toString());
            return endpoint.resolve("/" + parts.replaceFirst("$1") + "/");
        }
    }

    /**
     * A collector of OpenTelemetry traces.
     *
     * @param endpoint the URL up to {@code /v1/traces}; https, or http on loopback
     * @param authorizationFile the file with the value of the field {@code Authorization}, a secret; mode 0600
     */
    public record Traces(@JsonProperty(required = true) URI endpoint, Optional<Path> authorizationFile) {}

    /** The form of the lines on standard error. */
    public enum LogForm {
        /** Text for people. */
        @JsonProperty("text")
        TEXT,
        /** One JSON object a line. */
        @JsonProperty("json")
        JSON;

        static final String VARIABLE = "INTERLOCK_LOG";

        /** Returns the form in force: the one in {@code environment}, or else this one. */
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
     * A receiver of alerts. It is a signed webhook ({@code url} and {@code secret-file}), an incoming webhook of
     * Slack's kind ({@code slack-url-file}) or a program ({@code exec}).
     *
     * @param url the address of a receiver of Standard Webhooks messages; https, or http on loopback
     * @param secretFile the file with the signing secret, {@code whsec_…}; the daemon's alone, mode 0600
     * @param slackUrlFile the file with the whole address, which is a secret; the daemon's alone, mode 0600
     * @param exec an absolute path
     */
    public record Receiver(
            Optional<URI> url, Optional<Path> secretFile, Optional<Path> slackUrlFile, Optional<String> exec) {
        public Receiver {
            long kinds = Stream.of(url, slackUrlFile, exec)
                    .filter(Optional::isPresent)
                    .count();
            if (kinds != 1 || url.isPresent() != secretFile.isPresent()) {
                throw new IllegalArgumentException(
                        "a receiver needs `url` and `secret-file`, or `slack-url-file`, or `exec`");
            }
            if (exec.isPresent() && !exec.get().startsWith("/")) {
                throw new IllegalArgumentException("`exec` must be an absolute path without arguments");
            }
        }

        /** Returns the file that must stay secret, if there is one. */
        public Optional<Path> secret() {
            return secretFile.or(() -> slackUrlFile);
        }
    }

    /**
     * A witness, as {@code interlock witness serve} is one.
     *
     * @param key its public key, as {@code interlock witness init} prints it
     * @param url where {@code add-checkpoint} is below; over http, others can see how the log grows, and cause alarms
     */
    public record Witness(
            @JsonProperty(required = true) String key,
            @JsonProperty(required = true) URI url) {
        public Witness {
            WitnessKey.parse(key);
            if (url.getHost() == null || !Set.of("http", "https").contains(url.getScheme())) {
                throw new IllegalArgumentException("`url` of a witness is written `https://witness.example.com/`");
            }
        }

        public WitnessKey publicKey() {
            return WitnessKey.parse(key);
        }

        public URI addCheckpoint() {
            return URI.create(url + (url.toString().endsWith("/") ? "" : "/") + "add-checkpoint");
        }
    }

    private static final String ADMIN_SOCKET = "admin.sock";

    /** A host name, lower case, whose last label is not a number: an address is in no certificate. */
    private static final String HOST = "([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?";

    private static final Pattern RUN = Pattern.compile("(?m)^run: *\"?([^\"#\\s]+)\"? *(?:#.*)?$");

    /** The form of a receiver's name. Seals use it, and so do directories below {@code data}. */
    private static final Pattern RECEIVER = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

    private static final int MAX_RECEIVERS = 16;
    private static final int MAX_WITNESSES = 8; // a note holds 16 signatures

    public Config {
        console = console == null || console.isEmpty() ? Optional.of(Console.USUAL) : console;
        admins = admins.isEmpty() ? List.of("root") : List.copyOf(admins);
        alerts = Map.copyOf(alerts);
        witnesses = new TreeMap<>(witnesses);
        if (witnesses.size() > MAX_WITNESSES) {
            throw new IllegalArgumentException("`witnesses` names more than " + MAX_WITNESSES);
        }
        log = log == null ? LogForm.TEXT : log;
        if (retention
                .filter(text -> !text.matches("[1-9][0-9]{0,4}d|unlimited"))
                .isPresent()) {
            throw new IllegalArgumentException("`retention` must be days, as `400d`, or `unlimited`");
        }
        if (retention.isPresent() && store.isPresent()) { // the others could not read what to restore
            throw new IllegalArgumentException("`retention` needs a store of the gateway's own, not a shared one");
        }
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

    /** Returns how long texts of receipts are kept, if there is a limit. */
    public Optional<Duration> textsKept() {
        return retention
                .filter(text -> text.endsWith("d") && !text.equals("unlimited"))
                .map(text -> Duration.ofDays(Long.parseLong(text.substring(0, text.length() - 1))));
    }

    /** Returns the keys of the witnesses that it can ask. */
    public Set<String> witnessKeys() {
        return witnesses.values().stream()
                .map(witness -> witness.publicKey().toString())
                .collect(Collectors.toSet());
    }

    /**
     * Reads {@code file}; relative paths in it are relative to its directory. Throws {@link IOException} if it cannot
     * be read, or {@link IllegalArgumentException} if any part of it is invalid; the message names the line.
     */
    public static Config read(Path file) throws IOException {
        Config config = written(file, Config.class, directory(file)::resolve);
        requireRoomForSockets(config.run());
        return config;
    }

    private static Path directory(Path file) {
        return file.toAbsolutePath().normalize().resolveSibling(".").normalize();
    }

    /**
     * Returns the administrative socket of the gateway that {@code file} configures. It is found although another line
     * of the file is invalid: whoever stops an agent must not have to mend the file first; throws {@link IOException}
     * if the file cannot be read, or {@link IllegalArgumentException} if it is invalid and no line gives `run`.
     */
    public static Path adminSocket(Path file) throws IOException {
        try {
            return read(file).adminSocket();
        } catch (IllegalArgumentException e) {
            Matcher line = RUN.matcher(Files.readString(file));
            if (!line.find()) {
                throw e;
            }
            Path run = directory(file).resolve(line.group(1)).normalize();
            requireRoomForSockets(run);
            return run.resolve(ADMIN_SOCKET);
        }
    }

    /**
     * Reads a file of root's into {@code form}, whose components are the file's keys. Throws
     * {@link IllegalArgumentException} if any part of it is invalid; the message names the line, in the file's own
     * terms.
     */
    public static <T> T written(Path file, Class<T> form) throws IOException {
        return written(file, form, Path::of);
    }

    private static <T> T written(Path file, Class<T> form, Function<String, Path> paths) throws IOException {
        try {
            return YamlRecords.of(form)
                    .with(Path.class, paths) // Jackson's own reader takes a text with a colon for a URI
                    .read(Files.readString(file))
                    .value();
        } catch (YamlProblemException e) {
            throw new IllegalArgumentException(e.position(file.toString()) + ": " + e.problem(), e);
        }
    }

    /**
     * Requires that sockets can be made in {@code run}; throws {@link IllegalArgumentException} if its path is too long
     * for their names.
     */
    public static void requireRoomForSockets(Path run) {
        int length = run.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_RUN_BYTES) {
            throw new IllegalArgumentException("the directory `" + run + "` is too long for sockets: it has " + length
                    + " bytes, and the limit is " + MAX_RUN_BYTES + "; choose a shorter one, such as /run/interlock");
        }
    }

    /** Returns the reverse front's address; throws {@link IllegalArgumentException} if it is not {@code host:port}. */
    public InetSocketAddress listenAddress() {
        return address("listen", listen);
    }

    /** Returns the address where metrics are fetched, read like {@link #listenAddress}. */
    public Optional<InetSocketAddress> metricsAddress() {
        return metrics.map(text -> address("metrics", text));
    }

    /** Returns the address for clients of PostgreSQL, read like {@link #listenAddress}. */
    public Optional<InetSocketAddress> postgresAddress() {
        return postgres.map(text -> address("postgres", text));
    }

    private static InetSocketAddress address(String key, String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("`" + key + "` is written `127.0.0.1:7411`, not `" + text + "`");
        }
        return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    public Path vault() {
        return keys.map(Keys::data).orElse(data).resolve("vault");
    }

    /** Returns the URL that agents call, up to the upstream's name. */
    public String frontAddress() {
        return (tls.isPresent() ? "https://" : "http://") + listen;
    }

    public Path adminSocket() {
        return run.resolve(ADMIN_SOCKET);
    }

    /** Returns the file of the sealed envelope that the next start adopts. */
    public Path sealFile() {
        return data.resolve("seal.json");
    }

    /** Returns the directory of all seals that were ever in force, each in a file named by its id. */
    public Path adoptedSeals() {
        return data.resolve("seals");
    }

    public Path ledger() {
        return data.resolve("ledger");
    }
}
