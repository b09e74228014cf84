package dev.interlock.vault;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SeenIntent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The gateway's client of a keys process. If that is gone, slow or incoherent, callers get an {@link IOException},
 * which refuses, people are alerted, and it reconnects, each time after a longer pause. Threading: any thread may ask;
 * one maintains the connection and reads it.
 */
public final class KeysClient implements CredentialKeeper, AutoCloseable {

    /** Time for which credentials without proof are cached; a rotated one is in use after it at most. */
    static final Duration KEPT = Duration.ofSeconds(2);

    /** Maximum wait for an answer: a command has ten seconds, and a caller may wait for a running one first. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** Time for which the matcher is cached; a new credential is searched for in bodies after it at most. */
    static final Duration TRACED = Duration.ofSeconds(10);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    /** Maximum cached credentials. Impacts, environments and upstreams come from the seal, so there are never more. */
    private static final int MAX_KEPT = 1_000;

    /** Maximum requests at once for one upstream's credentials, of the 64 that the keys process answers at a time. */
    static final int MAX_ASKED = 8;

    /** Maximum look-ups of a secret's slot at once, which callers without a lease can cause as often as they like. */
    static final int MAX_KNOWING = 4;

    private static final String GONE = "the keys process has stopped";
    private static final System.Logger LOG = System.getLogger(KeysClient.class.getName());

    /** A request without a proof. The resolver's has no impacts. */
    private record Question(String upstream, Set<Impact> impacts, Set<String> environments, Set<String> grave) {}

    private record Answer(CredentialResult.CredentialOpened opened, long at) {}

    private record OpenedCredentials(String seal, Map<Question, Answer> answers) {}

    private final KeysConnection.KeysConnectionOpener opener;
    private final Vault.EnvelopeSource envelopes;
    private final Consumer<String> trouble;
    private final LongSupplier nanos;
    private final Duration patience;
    private final AtomicLong ids = new AtomicLong();
    private final Map<String, Semaphore> asking = new ConcurrentHashMap<>();
    private final Semaphore knowing = new Semaphore(MAX_KNOWING);
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CountDownLatch settled = new CountDownLatch(1);
    private final Thread keeper = Thread.ofVirtual().name("keys").unstarted(this::keep);
    private volatile Optional<Link> link = Optional.empty();
    private volatile Optional<KeysConnection> current = Optional.empty();
    private volatile Optional<CachedMatcher> traced = Optional.empty();
    /** The last known matcher, perhaps from a closed connection. It opens nothing, and only names a secret's slot. */
    private volatile Optional<SecretMatcher> told = Optional.empty();

    private volatile OpenedCredentials kept = new OpenedCredentials("", Map.of());

    private record CachedMatcher(SecretMatcher traces, long at) {}

    private record Link(KeysConnection line, KeysProtocol.FrameWriter writer, PendingRequests questions) {}

    KeysClient(
            KeysConnection.KeysConnectionOpener opener,
            Vault.EnvelopeSource envelopes,
            Consumer<String> trouble,
            LongSupplier nanos,
            Duration patience) {
        this.opener = opener;
        this.envelopes = envelopes;
        this.trouble = trouble;
        this.nanos = nanos;
        this.patience = patience;
    }

    /** Begins to connect. {@code trouble} receives a whole sentence each time that the connection is lost. */
    public static KeysClient start(
            KeysConnection.KeysConnectionOpener opener, Vault.EnvelopeSource envelopes, Consumer<String> trouble) {
        return new KeysClient(opener, envelopes, trouble, System::nanoTime, PATIENCE).start();
    }

    KeysClient start() {
        keeper.start();
        return this;
    }

    /** Waits for the first attempt to connect, and returns whether the keys process answered. */
    public boolean awaitFirst() {
        try {
            return settled.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS) && isUp();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    public boolean isUp() {
        return link.isPresent();
    }

    private void keep() {
        Duration pause = FIRST_PAUSE;
        while (closing.getCount() > 0) {
            boolean worked = false;
            try (KeysConnection line = opener.open()) {
                current = Optional.of(line);
                if (closing.getCount() > 0) { // otherwise close() has not seen this connection
                    worked = converse(line);
                }
            } catch (IOException | RuntimeException e) {
                if (closing.getCount() > 0) {
                    LOG.log(System.Logger.Level.ERROR, "the keys process cannot be reached: {0}", e.getMessage());
                }
            }
            settled.countDown();
            if (closing.getCount() == 0) {
                return;
            }
            trouble.accept(
                    "The keys process does not answer correctly. Calls that need a credential are refused until it answers again.");
            pause = worked ? FIRST_PAUSE : longer(pause);
            try {
                boolean _ = closing.await(pause.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }

    /** Reads until the connection ends. Returns whether any valid frame came. */
    private boolean converse(KeysConnection line) throws IOException {
        Link up = new Link(line, new KeysProtocol.FrameWriter(line.out()), new PendingRequests());
        boolean ready = false;
        try {
            Optional<Json.Members> frame = KeysProtocol.read(line.in());
            while (frame.isPresent()) {
                if (!ready) {
                    requireReady(frame.get());
                    ready = true;
                    link = Optional.of(up);
                    settled.countDown();
                } else {
                    up.questions().deliver(frame.get());
                }
                frame = KeysProtocol.read(line.in());
            }
        } catch (MalformedException _) {
            throw new IOException("an answer that cannot be read");
        } finally {
            link = Optional.empty();
            kept = new OpenedCredentials("", Map.of());
            traced = Optional.empty();
            up.questions().end(new IOException(GONE));
        }
        return ready;
    }

    private static void requireReady(Json.Members first) throws IOException {
        if (!first.text("answer").equals("ready")) {
            throw new IOException("it did not report that it is ready");
        }
    }

    /** Returns the time until which a caller who begins now waits, for everything together. */
    private long end() {
        return System.nanoTime() + patience.toNanos();
    }

    private Json.Members ask(Json.Members question, long end) throws IOException {
        LoopThreads.leave(); // a child is asked over a pipe, and blocks its writers if it hangs
        try {
            boolean known = settled.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            Link up = link.orElseThrow(() -> new IOException(known ? GONE : "the keys process has not started"));
            long id = ids.incrementAndGet();
            CompletableFuture<Json.Members> answer = up.questions().ask(id);
            if (!link.equals(Optional.of(up))) { // it ended before it could fail this request
                throw new IOException(GONE);
            }
            up.writer().write(question.with("id", id));
            return answered(up, id, answer, end);
        } catch (ExecutionException e) {
            throw new IOException("the keys process gave no answer", e.getCause());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new IOException("the wait for the keys process was interrupted");
        }
    }

    private Json.Members answered(Link up, long id, CompletableFuture<Json.Members> answer, long end)
            throws IOException, ExecutionException, InterruptedException {
        try {
            return answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            if (!up.questions().giveUp(id, end - patience.toNanos())) {
                up.line().close(); // it hangs, and every caller would wait as long
            }
            throw new IOException("the keys process did not answer in time");
        }
    }

    @Override
    public CredentialResult open(
            String seal, ResolvedAttempt sensed, Optional<Vault.ConfirmationProof> proof, Optional<SeenIntent> seen)
            throws IOException {
        // INVARIANT: a credential that needs a proof or witnesses is opened for one call, and is never cached.
        if (proof.isPresent() || seen.isPresent()) {
            Json.Members question = question(seal, CredentialNeed.of(sensed, true));
            Json.Members proven = proof.map(shown -> question.with("proof", KeysProtocol.write(shown)))
                    .orElse(question);
            Json.Members whole =
                    seen.map(shown -> proven.with("seen", shown.json())).orElse(proven);
            return asked(seal, whole, KeysProtocol::readOpening, end());
        }
        CredentialNeed need = CredentialNeed.of(sensed, false);
        Question asked = new Question(need.upstream(), need.impacts(), need.environments(), need.grave());
        return shortly(seal, asked, () -> question(seal, need));
    }

    @Override
    public Optional<String> obstacle(String seal, ResolvedAttempt sensed) throws IOException {
        CredentialNeed need = CredentialNeed.of(sensed, false);
        long end = end();
        Semaphore places = places(need.upstream(), end);
        try {
            return asked(seal, question(seal, need).with("ask", "obstacle"), KeysProtocol::readObstacle, end);
        } finally {
            places.release();
        }
    }

    private static Json.Members question(String seal, CredentialNeed need) {
        return Json.object().with("ask", "open").with("seal", seal).with("need", KeysProtocol.write(need));
    }

    @Override
    public CredentialResult resolver(String seal, String upstream) throws IOException {
        return shortly(
                seal,
                new Question(upstream, Set.of(), Set.of(), Set.of()),
                () -> Json.object().with("ask", "resolver").with("seal", seal).with("upstream", upstream));
    }

    private CredentialResult shortly(String seal, Question asked, Supplier<Json.Members> question) throws IOException {
        long end = end();
        Optional<CredentialResult> before = known(seal, asked);
        if (before.isPresent()) {
            return before.get();
        }
        Semaphore places = places(asked.upstream(), end);
        try {
            Optional<CredentialResult> meanwhile = known(seal, asked); // callers ahead may have fetched the same
            return meanwhile.isPresent() ? meanwhile.get() : anew(seal, asked, question.get(), end);
        } finally {
            places.release();
        }
    }

    /** Takes a permit for requests about {@code upstream}'s credentials, in order of arrival. */
    private Semaphore places(String upstream, long end) throws IOException {
        Semaphore places = asking.computeIfAbsent(upstream, _ -> new Semaphore(MAX_ASKED, true));
        try {
            if (!places.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw new IOException("too many calls wait for that upstream's credentials");
            }
            return places;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new IOException("the wait for the keys process was interrupted");
        }
    }

    private Optional<CredentialResult> known(String seal, Question asked) {
        OpenedCredentials underSeal = kept;
        Answer answer = underSeal.seal().equals(seal) ? underSeal.answers().get(asked) : null;
        return answer != null && nanos.getAsLong() - answer.at() < KEPT.toNanos()
                ? Optional.of(answer.opened())
                : Optional.empty();
    }

    private CredentialResult anew(String seal, Question asked, Json.Members question, long end) throws IOException {
        OpenedCredentials underSeal = kept;
        if (!underSeal.seal().equals(seal)) {
            underSeal = new OpenedCredentials(seal, new ConcurrentHashMap<>());
            kept = underSeal; // and the credentials under another seal are dropped
        }
        long at = nanos.getAsLong(); // before the request: the vault may have changed while the answer was on its way
        CredentialResult opening = asked(seal, question, KeysProtocol::readOpening, end);
        if (opening instanceof CredentialResult.CredentialOpened opened
                && underSeal.answers().size() < MAX_KEPT) {
            underSeal.answers().put(asked, new Answer(opened, at));
        }
        return opening;
    }

    /** Asks a question that rests on {@code seal}, and shows that seal first if the keys process wants it. */
    private <A> A asked(String seal, Json.Members question, Function<Json.Members, A> reader, long end)
            throws IOException {
        Json.Members answer = ask(question, end);
        if (answer.text("answer").equals("seal_wanted")) {
            Json.Members shown = Json.object()
                    .with("ask", "seal")
                    .with("seal", seal)
                    .with("envelope", Base64.getEncoder().encodeToString(envelopes.envelope(seal)));
            ask(shown, end);
            answer = ask(question, end);
        }
        return read(answer, reader);
    }

    private <A> A read(Json.Members answer, Function<Json.Members, A> reader) throws IOException {
        if (answer.text("answer").equals("failed")) {
            throw new IOException("the keys process could not answer");
        }
        if (answer.text("answer").equals("seal_wanted")) { // the connection is still sound
            throw new IOException("the keys process received another seal in the meantime");
        }
        try {
            return reader.apply(answer);
        } catch (IllegalArgumentException _) { // without the cause, which may quote a secret
            current.ifPresent(KeysConnection::close);
            throw new IOException("the keys process gave an answer of the wrong kind");
        }
    }

    @Override
    public Optional<Vault.KnownSecret> slotHolding(Secret secret) {
        if (!knowing.tryAcquire()) { // a call may look up many values: none of them waits
            return byTraces(secret);
        }
        try {
            return asked(secret);
        } finally {
            knowing.release();
        }
    }

    private Optional<Vault.KnownSecret> asked(Secret secret) {
        try {
            Json.Members answer =
                    ask(Json.object().with("ask", "knows").with("secret", secret.<String>use(value -> value)), end());
            return answer.text("answer").equals("known")
                    ? Optional.of(new Vault.KnownSecret(answer.text("slot"), answer.optionalText("upstream")))
                    : Optional.empty();
        } catch (IOException | IllegalArgumentException _) {
            return byTraces(secret); // this only names the slot for an alert; the attempt is refused in any case
        }
    }

    /** Looks the secret up in the last known matcher, however old; a decoy has more consequences, so it comes first. */
    private Optional<Vault.KnownSecret> byTraces(Secret secret) {
        byte[] text = secret.use(value -> value.getBytes(StandardCharsets.UTF_8));
        return told.map(last -> last.find(text))
                .flatMap(found -> Stream.of(found.decoys(), found.credentials())
                        .flatMap(names -> names.stream().sorted())
                        .findFirst())
                .map(name -> new Vault.KnownSecret(name, Optional.empty()));
    }

    @Override
    public SecretMatcher secretMatcher() throws IOException {
        Optional<CachedMatcher> before = traced;
        if (before.isPresent() && nanos.getAsLong() - before.get().at() < TRACED.toNanos()) {
            return before.get().traces();
        }
        long at = nanos.getAsLong();
        SecretMatcher traces = read(
                ask(Json.object().with("ask", "traces"), end()), answer -> SecretMatcher.read(answer.object("all")));
        traced = Optional.of(new CachedMatcher(traces, at));
        told = Optional.of(traces);
        return traces;
    }

    @Override
    public Bytes encrypt(String name, Bytes plain) throws IOException {
        return state("encrypt", name, plain);
    }

    @Override
    public Bytes decrypt(String name, Bytes encrypted) throws IOException {
        return state("decrypt", name, encrypted);
    }

    private Bytes state(String ask, String name, Bytes text) throws IOException {
        Json.Members question = Json.object()
                .with("ask", ask)
                .with("name", name)
                .with("text", Base64.getEncoder().encodeToString(text.toArray()));
        return read(ask(question, end()), answer -> Bytes.of(Base64.getDecoder().decode(answer.text("text"))));
    }

    @Override
    public List<Vault.FilledSlot> list() throws IOException {
        return read(
                ask(Json.object().with("ask", "list"), end()),
                answer -> answer.objects("slots").stream()
                        .map(KeysProtocol::readSlot)
                        .toList());
    }

    /** Returns the OAuth grants that their servers accept no more, as far as calls have shown. */
    public List<EndedGrant> endedGrants() throws IOException {
        return read(
                ask(Json.object().with("ask", "grants"), end()),
                answer -> answer.objects("ended").stream().map(EndedGrant::read).toList());
    }

    /** Brings the rows of the fleet and the key of this gateway's fingerprints; returns what becomes of them. */
    public FleetAnswer exchange(List<FleetRow> rows, Bytes fingerprint) throws IOException {
        Json.Members question = Json.object()
                .with("ask", "fleet")
                .withItems("rows", rows.stream().map(FleetRow::json))
                .with("fingerprint", KeysProtocol.base64(fingerprint));
        return read(ask(question, end()), FleetAnswer::read);
    }

    @Override
    public void close() {
        closing.countDown();
        current.ifPresent(KeysConnection::close);
    }
}
