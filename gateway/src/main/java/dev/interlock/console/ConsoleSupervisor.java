package dev.interlock.console;

import dev.interlock.action.Alert;
import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Config;
import dev.interlock.housekeeping.Housekeeping;
import dev.interlock.housekeeping.Task;
import dev.interlock.listeners.FrontCertificate;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** Starts and restarts the console on a thread of its own. Its failure never stops decisions about calls. */
public final class ConsoleSupervisor implements AutoCloseable {

    private sealed interface State {
        record Starting() implements State {}
        /** It answers. */
        record Open(Console console) implements State {}
        /** It does not answer, for the reason {@code why}. */
        record Closed(String why) implements State {}
    }

    private static final Duration DEFAULT_RENEWAL = Duration.ofMinutes(1);

    private static final Duration RETRY = Duration.ofSeconds(30);
    /** Limits how long a request for a sign-in code waits while the console starts. */
    private static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(20);

    private static final System.Logger LOG = System.getLogger(ConsoleSupervisor.class.getName());

    private final Config.Console config;
    private final Clock clock;
    private final SecureRandom random;
    private final Consumer<Alert> alerts;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CountDownLatch tried = new CountDownLatch(1);
    private final Sessions sessions;
    private final AtomicReference<State> state;
    private volatile Optional<Thread> starter = Optional.empty();
    private volatile Optional<Housekeeping> renewal = Optional.empty();

    /** {@code stands} says whether the person of a session is still the same, neither revoked nor stopped. */
    public ConsoleSupervisor(
            Config.Console config, Clock clock, SecureRandom random, Predicate<Peer> stands, Consumer<Alert> alerts) {
        this.config = config;
        this.clock = clock;
        this.random = random;
        this.alerts = alerts;
        this.sessions = new Sessions(config.called(), this::requireListening, clock, random, stands);
        this.state = new AtomicReference<>(config.off() ? new State.Closed("off") : new State.Starting());
    }

    /** Starts the console if one is configured, and does not wait for it. */
    public void open(CommandRunner commands) {
        if (!config.off()) {
            starter = Optional.of(
                    Thread.ofPlatform().name("console-start").daemon().start(() -> start(commands)));
        }
    }

    /** Tries until the port is free. Browsers would take a stranger there for the console, so people are alerted. */
    private void start(CommandRunner commands) {
        try {
            while (!tryToStart(commands) && !closing.await(RETRY.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.log(System.Logger.Level.DEBUG, "the console is being restarted");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean tryToStart(CommandRunner commands) {
        try {
            Console.ConsoleAddress place = new Console.ConsoleAddress(config.listenAddress(), config.called(), tls());
            if (state.getAndSet(new State.Open(Console.start(place, commands, sessions, clock)))
                    instanceof State.Closed) {
                tell(Alert.Severity.INFO, "The console listens again.", "it is at " + config.called());
            }
            return true;
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            if (!(state.getAndSet(new State.Closed("not listening: " + e.getMessage())) instanceof State.Closed)) {
                tell(
                        Alert.Severity.ALARM,
                        "The console is not listening; do not sign in at " + config.called()
                                + ", because another program may answer there.",
                        e.getMessage() + "; `console` in `gateway.yaml` says where it listens");
            }
            return false;
        } finally {
            tried.countDown();
        }
    }

    private void tell(Alert.Severity severity, String summary, String why) {
        alerts.accept(new Alert(Alert.AlertKind.CONSOLE_TROUBLE, severity, summary, Map.of("why", why)));
    }

    /** Returns the address for browsers, if the console answers. */
    public Optional<URI> address() {
        return state.get() instanceof State.Open ? Optional.of(config.called()) : Optional.empty();
    }

    /** Returns a text with the console's address, or with the reason why it does not answer. */
    public String statusText() {
        return switch (state.get()) {
            case State.Starting() -> "starting";
            case State.Open _ -> config.called().toString();
            case State.Closed(String why) -> why;
        };
    }

    /** Returns why it does not answer at its address, with the next step; empty if it does, or need not. */
    public Optional<String> trouble() {
        return config.off() || !(state.get() instanceof State.Closed(String why))
                ? Optional.empty()
                : Optional.of(
                        "the console is " + why + ". Do not sign in at " + config.called()
                                + ", because another program may answer there; `console` in gateway.yaml says where it listens.");
    }

    private void requireListening() throws AdminRefusedException {
        awaitStart();
        switch (state.get()) {
            case State.Open _ -> {}
            case State.Starting() ->
                throw new AdminRefusedException("unavailable", "The console is starting.", "Try again in a moment.");
            case State.Closed(String why) ->
                throw new AdminRefusedException(
                        "unavailable",
                        "There is no console (" + why + ").",
                        "`console` in gateway.yaml says where it listens; the daemon's log says what failed.");
        }
    }

    /** Waits, because a request right after a start would only have to be repeated. */
    private void awaitStart() {
        try {
            if (starter.isPresent()) {
                boolean _ = tried.await(DEFAULT_PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns the commands about the console. */
    public Sessions sessions() {
        return sessions;
    }

    private Optional<SSLContext> tls() throws IOException, GeneralSecurityException {
        if (config.tls().isEmpty()) {
            return Optional.empty();
        }
        FrontCertificate certificate = FrontCertificate.open(config.tls().get(), clock);
        renewal.ifPresent(Housekeeping::close); // left by an earlier attempt
        renewal =
                Optional.of(Housekeeping.start(Task.every(DEFAULT_RENEWAL, "console-certificate", certificate::renew)));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new CurrentCertificateKeyManager(certificate)}, null, random);
        return Optional.of(context);
    }

    /** A key manager that presents the certificate that is current at each handshake. */
    private static final class CurrentCertificateKeyManager extends X509ExtendedKeyManager {

        private static final String ALIAS = "console";

        private final FrontCertificate certificate;

        private CurrentCertificateKeyManager(FrontCertificate certificate) {
            this.certificate = certificate;
        }

        @Override
        public String chooseEngineServerAlias(String type, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return alias(type);
        }

        @Override
        public String chooseServerAlias(String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return alias(type);
        }

        @SuppressWarnings("NullAway") // a key manager returns null if it has no key of that kind
        private String alias(String type) {
            return type.equals(certificate.current().key().getAlgorithm()) ? ALIAS : null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return certificate.current().chain().toArray(X509Certificate[]::new);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return certificate.current().key();
        }

        @Override
        public String[] getServerAliases(String type, Principal @Nullable [] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public String[] getClientAliases(String type, Principal @Nullable [] issuers) {
            return new String[0];
        }

        @Override
        @SuppressWarnings("NullAway") // this is no client
        public String chooseClientAlias(String[] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return null;
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            if (starter.isPresent()) {
                starter.get().join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        renewal.ifPresent(Housekeeping::close);
        if (state.get() instanceof State.Open(Console console)) {
            console.close();
        }
    }
}
