package dev.interlock.gate;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.author.StarterPolicy;
import dev.interlock.catalog.CallReader;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.confirm.SqliteHoldStore;
import dev.interlock.evidence.ConfirmationSignature;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SeenIntent;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.identity.Identity;
import dev.interlock.identity.KeyedFingerprints;
import dev.interlock.identity.Kill;
import dev.interlock.identity.KillSwitch;
import dev.interlock.identity.LeaseRequest;
import dev.interlock.identity.Leases;
import dev.interlock.identity.SignedOrders;
import dev.interlock.identity.SqliteLeaseStore;
import dev.interlock.inventory.Inventory;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.ledger.ReceiptQuery;
import dev.interlock.limits.Freeze;
import dev.interlock.limits.Freezes;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.limits.SqliteLimitStore;
import dev.interlock.policy.Policies;
import dev.interlock.policy.SealsInForce;
import dev.interlock.policy.SqliteSealStore;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingSignatures;
import dev.interlock.undo.SqliteStateStore;
import dev.interlock.undo.UndoStore;
import dev.interlock.vault.CredentialKeeper;
import dev.interlock.vault.CredentialResult;
import dev.interlock.vault.Decoys;
import dev.interlock.vault.SecretMatcher;
import dev.interlock.vault.Store;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** The gate with every real package behind it, on real files; only the provider is fake. */
final class GateFixture implements AutoCloseable {

    private static final ReceiptQuery EVERYTHING = ReceiptQuery.newest(ReceiptQuery.MAX_LIMIT);
    private static final String ORIGIN = "interlock.example/pocketos";

    /** The seal places the resources, so that no provider needs to be asked, except for one that does not answer. */
    private static final String SEALED = """
            organisation: pocketos
            environments:
              production: {protected: true}
              staging: {protected: false}
              shipping: {protected: false}
            people:
              jer: {groups: [platform], keys: []}
              sam: {groups: [owners], keys: ["%s"]}
              kim: {groups: [platform], keys: ["%s"]}
            confirm: {software-keys: true}
            without-approval: [github/repos/upload-release-asset]
            agents:
              jer/cursor: {owner: jer, teams: [platform]}
              jer/helper: {owner: jer, teams: [platform]}
            upstreams:
              railway:
                catalog: railway
                address: "https://backboard.railway.com"
                credentials:
                  railway-read: {environments: [production, staging], impacts: [read], header: authorization, scheme: Bearer}
                  railway-staging: {environments: [staging], impacts: [write, execute], header: authorization, scheme: Bearer}
                  railway-destroy: {environments: [production, staging], impacts: [destroy], header: authorization, scheme: Bearer}
                resources:
                  "railway:environment/env-1": {environments: [staging]}
                  "railway:project/pro-1": {environments: [staging]}
                  "railway:service/svc-1": {environments: [staging]}
                  "railway:volume/vol-1": {environments: [staging]}
                  "railway:volume/vol-2": {environments: [staging]}
                  "railway:volume/vol-shared": {environments: [staging, production]}
              railway-asked:
                catalog: railway
                address: "https://backboard.railway.com"
                resolver: railway-asked-read
                credentials:
                  railway-asked-read: {environments: [production, staging], impacts: [read], header: authorization, scheme: Bearer}
                  railway-asked-destroy: {environments: [staging], impacts: [destroy], header: authorization, scheme: Bearer}
                resources:
                  "railway:environment/env-1": {environments: [staging]}
                  "railway:volume/vol-1": {environments: [staging]}
              github:
                catalog: github
                address: "https://uploads.github.com"
                credentials:
                  github-write: {environments: [staging, shipping], impacts: [write, execute], header: authorization, scheme: Bearer}
                resources:
                  "github:repo/acme/shop": {environments: [staging]}
                  "github:repo/acme/shipped": {environments: [shipping]}
              github-asked:
                catalog: github
                address: "https://api.github.com"
                resolver: github-asked-read
                credentials:
                  github-asked-read: {environments: [production, staging], impacts: [read], header: authorization, scheme: Bearer}
                  github-asked-write: {environments: [staging], impacts: [write], header: authorization, scheme: Bearer}
                  github-asked-destroy: {environments: [staging], impacts: [destroy], header: authorization, scheme: Bearer}
                resources:
                  "github:repo/acme/shop": {environments: [staging], groups: ["github:org/acme"]}
                  "github:repo/acme/live": {environments: [production], groups: ["github:org/acme"]}
              neon:
                catalog: neon
                address: "https://console.neon.tech"
                secrets: referenced
                credentials:
                  neon-all: {environments: [staging], impacts: [read, write, credential], header: authorization, scheme: Bearer}
                resources:
                  "neon:project/p-1": {environments: [staging]}
                  "neon:branch/p-1/b-1": {environments: [staging]}
              npm-own:
                catalog: npm
                address: "https://npm.acme.example"
                credentials:
                  npm-own-read: {environments: [staging], impacts: [read], header: authorization, scheme: Bearer}
                resources:
                  "npm:account/self": {environments: [staging]}
              npm:
                catalog: npm
                address: "https://registry.npmjs.org"
                resources:
                  "npm:account/self": {environments: [staging]}
            tasks:
              fix-staging: {environments: [staging, shipping], impacts: [read, write, destroy, execute], ttl: 4h}
            """;

    static final String CEDAR = """
            @id("work-in-staging")
            permit (
                principal,
                action in [Impact::Action::"read", Impact::Action::"write"],
                resource in Environment::"staging"
            );

            @id("an-owner-may-let-an-agent-destroy-in-staging")
            @confirm("1 of owners")
            permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");

            @id("an-owner-may-let-an-agent-ship")
            @confirm("1 of owners")
            permit (
                principal,
                action in [Impact::Action::"write", Impact::Action::"execute"],
                resource in Environment::"shipping"
            );

            @id("agents-may-add-to-releases-in-staging")
            permit (
                principal,
                action == Operation::Action::"github/repos/upload-release-asset",
                resource in Environment::"staging"
            );

            @id("an-owner-may-let-an-agent-run-code-in-staging")
            @confirm("1 of owners")
            permit (principal, action in Impact::Action::"execute", resource in Environment::"staging")
            when { context.upstream like "railway*" };
            """;

    private static final TestingKey SAM = TestingKey.software();
    private static final TestingKey KIM = TestingKey.software();
    private static final TestingKey SEALER = TestingKey.software();

    /** The first envelope of each policy: a fixture over the files of an earlier one has the same. */
    private static final Map<String, Envelope> SEALED_ONCE = new ConcurrentHashMap<>();

    /** Each policy, read once for all fixtures: Cedar's check takes longer than a test. */
    private static final Map<String, PolicyDirectory.LoadResult.SoundDirectory> LOADED_ONCE = new ConcurrentHashMap<>();

    final TestingClock clock;
    final TestingKey sam = SAM;

    /** A person whose signatures count, and who is not in {@code owners} and owns no agent. */
    final TestingKey kim = KIM;

    final List<Alert> alerts = new CopyOnWriteArrayList<>();
    Consumer<Alert> raise = alerts::add;
    Observer observer = Observer.NONE;

    /** Runs elsewhere while a receipt is written. */
    Runnable onIntent = () -> {};

    /** Runs elsewhere while a credential is fetched. */
    Runnable onOpen = () -> {};

    /** What a repository says of the deletion of a ref. */
    BiFunction<PushReader.PushRequest, String, Optional<PushReader.PushReading.ReadPush>> deletion =
            (_, _) -> Optional.empty();

    /** Runs while a push is read. */
    Runnable onPush = () -> {};

    /** What a gateway that was taken over shows the vault instead of what witnesses have seen. */
    UnaryOperator<Optional<SeenIntent>> shown = seen -> seen;

    /** Fails when the gate asks for the texts that an answer is searched for. */
    Line line = () -> {};

    /** Fails when a call is searched for stored credentials. */
    Line searching = () -> {};

    /** A connection to the keys process. */
    interface Line {
        void ask() throws IOException;
    }

    /** A provider that answers the gateway's own questions. */
    @FunctionalInterface
    interface HttpResolver {
        Bytes ask(Seal.Upstream upstream, HttpCall question) throws IOException;
    }

    /** Creates a fixture whose upstream {@code github-asked} says which {@code bots} there are. */
    static GateFixture withBots(Path directory, String bots) throws IOException {
        int at = SEALED.indexOf("    resources:", SEALED.indexOf("  github-asked:"));
        String sealed = SEALED.substring(0, at)
                + bots
                + SEALED.substring(at)
                        .replaceFirst(
                                "(\\s+)\"github:repo/acme/live\"",
                                "$1\"github:repo/acme/docs\": {environments: [staging]}$0");
        return new GateFixture(
                new TestingClock(), directory, sealed.formatted(SAM.line(), KIM.line()), CEDAR, List.of());
    }

    CallReader.Registry readers = BuiltIn.CATALOGS.readers();

    HttpResolver asker = (_, _) -> {
        throw new IOException("nobody is there");
    };

    /** Returns the credential that a secret is, as far as the vault and the decoys know. */
    Function<Secret, Optional<String>> known = this::known;

    final FakeUpstream upstream = new FakeUpstream(this);
    final Ledger ledger;
    final Database database;
    final LimitEnforcer limits;
    final Confirmations confirmations;
    final HoldSigning people;
    final Vault vault;
    final Decoys decoys = new Decoys(new SecureRandom());
    Seal seal;
    final AttemptResolver senses;
    final CallHandler gate;
    final Leases leases;
    final LeaseDerivation derivations;
    final ElevationHandler elevating;
    final UndoStore states;
    final UndoHandler undoing;
    final WhoamiHandler whoami;
    final PlanHandler planning;
    final DecisionPoint decisions;
    final Lease lease;
    final Secret token;
    final AuditRecorder records;
    final SaltedDigests digests;
    private final SealsInForce seals;
    private final Inventory inventory;
    private final PushReader pushes;
    private final Path home;
    private Envelope envelope;
    private long sequence = 1;
    private final Policies policies;
    private final Identity identity;

    GateFixture(Path directory) throws IOException {
        this(directory, "");
    }

    /** @param limits further parts of the seal, as YAML */
    GateFixture(Path directory, String limits) throws IOException {
        this(directory, limits, CEDAR);
    }

    GateFixture(Path directory, String limits, String cedar) throws IOException {
        this(directory, limits, cedar, new TestingClock());
    }

    /** Creates a fixture, also over the files of an earlier one, like a restart. */
    GateFixture(Path directory, String limits, String cedar, TestingClock clock) throws IOException {
        this(clock, directory, sealed() + limits, cedar, List.of());
    }

    static String sealed() {
        return SEALED.formatted(SAM.line(), KIM.line());
    }

    /** Creates a fixture whose seal names the machine's users who may take the agent's leases. */
    static GateFixture withUsers(Path directory, String cedar) throws IOException {
        String sealed =
                sealed().replace("{owner: jer, teams: [platform]}", "{owner: jer, teams: [platform], users: [root]}");
        return new GateFixture(new TestingClock(), directory, sealed, cedar, List.of());
    }

    /** Creates a fixture whose upstream {@code github-asked} is the server of MCP of {@code catalog}. */
    static GateFixture ofServer(Path directory, String limits, String provider, String catalog) throws IOException {
        String github = SEALED.substring(SEALED.indexOf("  github-asked:"), SEALED.indexOf("  neon:"));
        String server = github.replace("catalog: github", "catalog: " + provider)
                .replaceAll(".*acme/live.*\n", "")
                .replaceAll(
                        "\"github:repo/acme/shop\".*", '"' + provider + ":account/self\": {environments: [staging]}");
        Path catalogs = Files.createDirectories(directory.resolve("policy/catalogs"));
        Files.writeString(catalogs.resolve(provider + ".yaml"), catalog);
        String sealed = SEALED.replace(github, server).formatted(SAM.line(), KIM.line()) + limits;
        return new GateFixture(new TestingClock(), directory, sealed, CEDAR, List.of());
    }

    /** Creates a fixture whose seal lets every lease read in production. */
    static GateFixture readable(Path directory, String cedar) throws IOException {
        String sealed =
                sealed().replace("production: {protected: true}", "production: {protected: true, readable: true}");
        return new GateFixture(new TestingClock(), directory, sealed, cedar, List.of());
    }

    /** Creates a fixture whose credential at GitHub also reads. */
    static GateFixture readingGithub(Path directory, String cedar) throws IOException {
        String sealed = sealed().replace(
                        "github-write: {environments: [staging, shipping], impacts: [",
                        "github-write: {environments: [staging, shipping], impacts: [read, ");
        return new GateFixture(new TestingClock(), directory, sealed, cedar, List.of());
    }

    /** Creates a fixture over the policy that people begin with; its first agent is {@code jer/cursor}. */
    static GateFixture starter(Path directory) throws IOException {
        Map<String, String> files = new StarterPolicy(
                        "acme",
                        "jer",
                        SAM.line(),
                        "cursor",
                        "github",
                        "github",
                        "https://api.github.com",
                        List.of("staging"),
                        List.of("production"),
                        Map.of("kim", KIM.line()),
                        Optional.empty(),
                        Map.of("github:repo/acme/shop", "staging", "github:repo/acme/live", "production"),
                        Optional.empty(),
                        Set.of(),
                        StarterPolicy.Preset.STANDARD)
                .files(BuiltIn.FACTS);
        String yaml = files.get("interlock.yaml").replace("  work:", "  fix-staging:");
        return new GateFixture(new TestingClock(), directory, yaml, files.get("policy.cedar"), List.of());
    }

    private static LedgerConfig ledgerIn(Path directory) {
        return LedgerConfig.of(ORIGIN, directory.resolve("ledger"), directory.resolve("state"), Optional.empty())
                .withSealedTexts(Files.exists(directory.resolve("seals-texts")));
    }

    /** Returns the key of the log in {@code directory}, which is begun. */
    static VerifierKey logKey(Path directory) throws IOException {
        try (Ledger begun = Ledger.open(ledgerIn(directory), new SecureRandom())) {
            return begun.verifierKey();
        }
    }

    /** Creates a fixture whose gateway can ask {@code witnesses}. */
    static GateFixture watched(Path directory, String limits, List<LedgerConfig.WitnessEndpoint> witnesses)
            throws IOException {
        return new GateFixture(new TestingClock(), directory, sealed() + limits, CEDAR, witnesses);
    }

    /** Has the ledgers of {@code directory} seal texts. */
    static void sealTexts(Path directory) throws IOException {
        Files.createFile(directory.resolve("seals-texts"));
    }

    byte[] envelope() {
        return envelope.write();
    }

    static String sealer() {
        return SEALER.line();
    }

    private GateFixture(
            TestingClock clock,
            Path directory,
            String sealed,
            String cedar,
            List<LedgerConfig.WitnessEndpoint> witnesses)
            throws IOException {
        this.clock = clock;
        this.home = directory;
        SecureRandom random = new SecureRandom();
        ledger = Ledger.open(ledgerIn(directory).withWitnesses(witnesses), random);
        List<Schema> schemas = new ArrayList<>(SqliteLeaseStore.SCHEMAS);
        schemas.addAll(SqliteSealStore.SCHEMAS);
        schemas.addAll(SqliteHoldStore.SCHEMAS);
        schemas.addAll(SqliteLimitStore.SCHEMAS);
        schemas.addAll(SqliteStateStore.SCHEMAS);
        database = Database.open(directory.resolve("store.db"), schemas);

        policies = new Policies(_ -> "");
        SealsInForce.SealSigners signers = new SealsInForce.SealSigners(Set.of(SEALER.publicKey()), 1);
        seals = new SealsInForce(
                new SqliteSealStore(database), signers, new NoAnchor(), BuiltIn.FACTS, policies, clock);
        envelope = SEALED_ONCE.computeIfAbsent(
                sealed + cedar, _ -> sealed(directory.resolve("policy"), sealed, cedar, clock.instant(), 1));
        SealsInForce.AdoptionResult adoption = seals.restore().orElseGet(() -> seals.adopt(envelope.write()));
        seal = ((SealsInForce.AdoptionResult.AdoptedSeal) adoption).seal();

        Vault.PinnedSealKeys pins = new Vault.PinnedSealKeys(Set.of(SEALER.publicKey()), 1);
        vault = Vault.at(
                directory.resolve("vault"), pins, "interlock.example/pocketos", _ -> envelope.write(), clock, random);
        for (String slot : List.of(
                "railway-read",
                "railway-staging",
                "railway-asked-destroy",
                "github-write",
                "github-asked-write",
                "github-asked-destroy",
                "neon-all",
                "npm-own-read")) {
            vault.put(slot, Store.ORDINARY, new Secret("secret-of-" + slot));
        }
        vault.put("railway-destroy", Store.PROTECTED, new Secret("secret-of-railway-destroy"));
        leases = new Leases(new SqliteLeaseStore(database), clock, random, new NoPasskeys());
        KeyedFingerprints fingerprints = KeyedFingerprints.open(directory.resolve("fingerprint.key"), random);
        digests = fingerprints.digests();
        identity = new Identity(
                leases,
                fingerprints,
                new Identity.KnownSecrets(secret -> known.apply(secret), decoys::maskedKind),
                seals::current);
        inventory = new Inventory(
                (system, question) -> asker.ask(system, HttpCall.of(question)),
                clock.withZone(ZoneOffset.UTC),
                BuiltIn.FACTS);
        confirmations = new Confirmations(new SqliteHoldStore(database), clock, clock::nanos, random, new NoPasskeys());
        people = confirmations.confirmers(_ -> true);
        InstantSource recording = () -> {
            onIntent.run();
            return clock.instant();
        };
        records = new AuditRecorder(ledger, ORIGIN, recording, alert -> raise.accept(alert), leases::at, digests);
        states = new UndoStore(new SqliteStateStore(database, ""), new VaultCipher(), clock);
        pushes = new NoPushes();
        senses = resolver();
        limits = new LimitEnforcer(
                new SqliteLimitStore(database), clock, clock::nanos, new TestingSignatures().orders(clock), random);
        gate = handler(senses);
        derivations = new LeaseDerivation(identity, leases, records, gate, seals::current);
        elevating = new ElevationHandler(seals::current, identity, leases, policies, confirmations, records, gate);
        undoing = new UndoHandler(
                seals::current,
                identity,
                BuiltIn.CATALOGS.readers(),
                inventory,
                states,
                records,
                gate,
                (_, _) -> upstream,
                pushes::undo);
        decisions = new DecisionPoint(identity, policies, limits, confirmations);
        whoami = new WhoamiHandler(
                seals::current, identity, BuiltIn.FACTS, confirmations, limits, new VaultKeeper(), records, gate);
        planning = new PlanHandler(seals::current, identity, confirmations, records, gate);
        Leases.LeaseResult.IssuedLease issued = issue("jer/cursor");
        lease = issued.lease();
        token = issued.token();
    }

    private AttemptResolver resolver() {
        return new AttemptResolver(
                seals::current,
                identity,
                (policy, system) -> readers.find(policy, system),
                inventory,
                new RequestSecretScanner(
                        new VaultKeeper() {
                            @Override
                            public SecretMatcher secretMatcher() throws IOException {
                                searching.ask();
                                return vault.secretMatcher();
                            }
                        },
                        decoys,
                        identity::holdsLease),
                states,
                pushes,
                digests);
    }

    private CallHandler handler(AttemptResolver resolver) {
        return new CallHandler(
                resolver,
                policies,
                limits,
                confirmations,
                new VaultKeeper(),
                records,
                ended -> leases.revoke(ended.root()),
                new RecordingObserver(),
                states);
    }

    /** Returns a gate over the same stores that has prepared nothing. */
    CallHandler unprepared() {
        return handler(resolver());
    }

    /** Puts another seal into force. */
    void adopt(String yaml, String cedar) {
        envelope = sealed(home.resolve("policy"), yaml, cedar, clock.instant(), ++sequence);
        seal = ((SealsInForce.AdoptionResult.AdoptedSeal) seals.adopt(envelope.write())).seal();
    }

    private Leases.LeaseResult.IssuedLease issue(String agent) {
        LeaseRequest request = LeaseRequest.under(seal.tasks().get("fix-staging"), agent);
        return (Leases.LeaseResult.IssuedLease) leases.issue(seal, request);
    }

    /** Returns a lease of another agent, for the same task. */
    Secret ofAnotherAgent() {
        return issue("jer/helper").token();
    }

    /** A reader of pushes that can read none but deletions. */
    private final class NoPushes implements PushReader {
        @Override
        public PushReading read(PushRequest request) {
            onPush.run();
            return new PushReading.UnavailablePush();
        }

        @Override
        public Optional<PushReading.ReadPush> readDeletion(PushRequest request, String ref) {
            return deletion.apply(request, ref);
        }

        @Override
        public Optional<StateUndo> undo(Seal seal, Seal.Upstream upstream, Bytes state) {
            return Optional.empty();
        }
    }

    private final class RecordingObserver implements Observer {
        @Override
        public AttemptObservation begin(Attempt attempt) {
            return observer.begin(attempt);
        }

        @Override
        public void unread(Refusal refusal) {
            observer.unread(refusal);
        }
    }

    /** The vault as the owner of the key for kept states. */
    private final class VaultCipher implements UndoStore.StateCipher {
        @Override
        public Bytes encrypt(String name, Bytes plain) {
            return vault.encrypt(name, plain);
        }

        @Override
        public Bytes decrypt(String name, Bytes encrypted) throws IOException {
            return vault.decrypt(name, encrypted);
        }
    }

    private class VaultKeeper implements CredentialKeeper {
        @Override
        public CredentialResult open(
                String seal, ResolvedAttempt sensed, Optional<Vault.ConfirmationProof> proof, Optional<SeenIntent> seen)
                throws IOException {
            onOpen.run();
            return vault.open(seal, sensed, proof, shown.apply(seen));
        }

        @Override
        public Optional<String> obstacle(String seal, ResolvedAttempt sensed) throws IOException {
            return vault.obstacle(seal, sensed);
        }

        @Override
        public CredentialResult resolver(String seal, String upstream) throws IOException {
            return vault.resolver(seal, upstream);
        }

        @Override
        public Optional<Vault.KnownSecret> slotHolding(Secret secret) {
            return vault.slotHolding(secret);
        }

        @Override
        public SecretMatcher secretMatcher() throws IOException {
            line.ask();
            return vault.secretMatcher();
        }

        @Override
        public Bytes encrypt(String name, Bytes plain) {
            return vault.encrypt(name, plain);
        }

        @Override
        public Bytes decrypt(String name, Bytes encrypted) throws IOException {
            return vault.decrypt(name, encrypted);
        }

        @Override
        public List<Vault.FilledSlot> list() throws IOException {
            return vault.list();
        }
    }

    private Optional<String> known(Secret secret) {
        return decoys.nameOf(secret).or(() -> vault.slotHolding(secret).map(Vault.KnownSecret::slot));
    }

    private static Envelope sealed(Path source, String sealed, String cedar, Instant at, long sequence) {
        Envelope unsigned = LOADED_ONCE
                .computeIfAbsent(sealed + cedar, _ -> loaded(source, sealed, cedar))
                .directory()
                .toSign(sequence, at);
        return unsigned.signedBy(SEALER.sign(SealDocument.NAMESPACE, unsigned.pae()));
    }

    private static PolicyDirectory.LoadResult.SoundDirectory loaded(Path source, String sealed, String cedar) {
        try {
            Files.createDirectories(source);
            Files.writeString(source.resolve("interlock.yaml"), sealed);
            Files.writeString(source.resolve("policy.cedar"), cedar);
            PolicyDirectory.LoadResult loaded = PolicyDirectory.load(source, BuiltIn.FACTS);
            if (loaded instanceof PolicyDirectory.LoadResult.InvalidDirectory broken) {
                throw new AssertionError(broken.problems().toString());
            }
            return (PolicyDirectory.LoadResult.SoundDirectory) loaded;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class NoAnchor implements SealsInForce.SequenceRecord {
        @Override
        public long highest() {
            return 0;
        }

        @Override
        public void anchor(Seal seal) {}
    }

    // The agent's actions.

    static HttpCall document(String document) {
        return new HttpCall(
                "POST",
                "backboard.railway.com",
                "/graphql/v2",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8("{\"query\":\"" + document.replace("\"", "\\\"") + "\"}"));
    }

    /** Asks for a dry run of a call that {@link #send} would send. */
    Outcome<String> ask(HttpCall call) {
        return gate.handle(attempt(call, true, Duration.ZERO, Optional.empty()), upstream);
    }

    /** Returns an attempt at Railway under the lease of {@code token}. */
    static Attempt attempt(
            Secret token, HttpCall call, Instant at, boolean isDryRun, Duration waitLimit, Optional<String> reason) {
        return new Attempt(
                "railway",
                List.of(new Attempt.PresentedCredential("header authorization", token)),
                Optional.empty(),
                call,
                at,
                isDryRun,
                false,
                waitLimit,
                Optional.empty(),
                reason,
                Optional.empty(),
                List.of(),
                Optional::empty);
    }

    private Attempt attempt(HttpCall call, boolean isDryRun, Duration waitLimit, Optional<String> reason) {
        return attempt(token, call, clock.instant(), isDryRun, waitLimit, reason);
    }

    /** Returns an upload of a release asset of {@code repository}; its body is still with the agent. */
    static HttpCall upload(String repository) {
        HttpCall call = new HttpCall(
                "POST",
                "uploads.github.com",
                "/repos/acme/" + repository + "/releases/1/assets",
                List.of(new HttpCall.Parameter("name", "a.bin")),
                List.of(new Header("content-type", "application/octet-stream")),
                Bytes.empty());
        return call.with(() -> 5_000_000_000L);
    }

    static HttpCall deletion(String volume) {
        return document("mutation { volumeDelete(volumeId: \"" + volume + "\") }");
    }

    Outcome<String> send(HttpCall call) {
        return send("railway", call, token);
    }

    Outcome<String> send(String to, HttpCall call, Secret... carried) {
        List<Attempt.PresentedCredential> presented = new ArrayList<>();
        for (Secret secret : carried) {
            presented.add(new Attempt.PresentedCredential("header x-" + presented.size(), secret));
        }
        return gate.handle(new Attempt(to, presented, Optional.empty(), call, clock.instant()), upstream);
    }

    /** Sends a call like {@link #send}, by an agent that says why. */
    Outcome<String> sendBecause(String reason, HttpCall call) {
        return gate.handle(attempt(call, false, Duration.ZERO, Optional.of(reason)), upstream);
    }

    /** Sends a call like {@link #send}, by an agent that waits for people as long as they take. */
    Outcome<String> sendWaiting(HttpCall call) {
        return gate.handle(attempt(call, false, Duration.ofMinutes(5), Optional.empty()), upstream);
    }

    /** Returns a new handler, as after a restart. */
    ElevationHandler elevatingAnew() {
        return elevatingUnder(seals::current);
    }

    ElevationHandler elevatingUnder(Supplier<Optional<Seal>> inForce) {
        return new ElevationHandler(inForce, identity, leases, policies, confirmations, records, gate);
    }

    /** Asks for an elevation of the lease, or for its state. */
    ElevationRequests.Result elevate(ElevationRequests.Subject wish, Duration patience, Secret carried) {
        return elevating.elevate(wished(wish, patience, carried));
    }

    ElevationRequests.Request wished(ElevationRequests.Subject wish, Duration patience, Secret carried) {
        return new ElevationRequests.Request(
                List.of(new Attempt.PresentedCredential("header authorization", carried)),
                Optional.empty(),
                wish,
                clock.instant(),
                patience,
                upstream::beginWaiting);
    }

    // People's actions.

    Secret signedFor(Set<String> environments, Set<Impact> impacts) {
        return signedFor(environments, impacts, Set.of(), Optional.empty());
    }

    /** Returns the same, narrowed to some resources, or bound to one listener. */
    Secret signedFor(Set<String> environments, Set<Impact> impacts, Set<Resource> resources, Optional<String> place) {
        LeaseRequest request = new LeaseRequest(
                "jer/cursor",
                "fix-staging",
                Optional.empty(),
                environments,
                impacts,
                resources,
                Optional.empty(),
                LeaseRequest.DEFAULT_TTL);
        byte[] statement = leases.prepare(seal, request);
        Leases.LeaseResult answer = leases.issue(seal, statement, sam.sign("interlock-lease@v1", statement), place);
        return ((Leases.LeaseResult.IssuedLease) answer).token();
    }

    void sign(String hold) {
        byte[] statement = people.show(seal, hold).orElseThrow().statement().toArray();
        HoldSigning.SignatureResult signing =
                people.sign(seal, hold, sam.sign(Statement.NAMESPACE, statement), Optional.empty(), _ -> {});
        if (!(signing instanceof HoldSigning.SignatureResult.AcceptedSignature)) {
            throw new AssertionError(signing.toString());
        }
    }

    /** Lets sam sign all of a set or a plan. */
    void signSet(String set) {
        byte[] list = people.showSet(seal, set, Optional.empty())
                .orElseThrow()
                .statement()
                .toArray();
        String signature = new ConfirmationSignature(
                        Optional.of(StatementList.read(list)),
                        PersonSignature.parse(sam.sign(Statement.NAMESPACE, list)))
                .text();
        HoldSigning.SignatureResult signing = people.sign(seal, set, signature, Optional.empty(), _ -> {});
        if (!(signing instanceof HoldSigning.SignatureResult.AcceptedSignature)) {
            throw new AssertionError(signing.toString());
        }
    }

    /** Returns the leases as another gateway over the same store has them. */
    Leases another() {
        return new Leases(new SqliteLeaseStore(database), clock, new SecureRandom(), new NoPasskeys());
    }

    void kill(Kill.KillScope scope, String name) {
        leases.kills().kill(new Kill.KillTarget(scope, name), "it runs wild", "root");
        gate.cutStopped();
    }

    void lift(String person, TestingKey key) {
        KillSwitch kills = leases.kills();
        byte[] statement =
                kills.prepare(seal, kills.active().getFirst().kill().id()).orElseThrow();
        SignedOrders.OrderResult<Kill> lifting =
                kills.lifting(seal, statement, key.sign(KillSwitch.NAMESPACE, statement));
        if (!(lifting instanceof SignedOrders.OrderResult.SignedOrder<Kill> signed
                && signed.person().equals(person)
                && kills.lift(signed))) {
            throw new AssertionError(lifting.toString());
        }
    }

    /** Lets sam lift the oldest freeze. */
    void thaw() {
        Freezes freezes = limits.freezes();
        byte[] statement =
                freezes.prepare(seal, freezes.active().getFirst().id()).orElseThrow();
        SignedOrders.OrderResult<Freeze> lifting =
                freezes.lifting(seal, statement, sam.sign(Freezes.NAMESPACE, statement));
        if (!(lifting instanceof SignedOrders.OrderResult.SignedOrder<Freeze> allowed && freezes.lift(allowed))) {
            throw new AssertionError(lifting.toString());
        }
    }

    // Results.

    /** Returns the receipts, oldest first. Outcomes that nobody waits for are durable once a later receipt is. */
    List<Receipt> receipts() {
        try {
            records.recordAdministration(Json.object().with("command", "marker"));
            return ledger.search(EVERYTHING).reversed().stream()
                    .filter(receipt -> receipt.kind() != Receipt.Kind.ADMIN)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Receipt> administered() throws IOException {
        return ledger.search(EVERYTHING).stream()
                .filter(receipt -> receipt.kind() == Receipt.Kind.ADMIN)
                .toList();
    }

    List<Receipt> receipts(Receipt.Kind kind) {
        return receipts().stream().filter(receipt -> receipt.kind() == kind).toList();
    }

    /** Returns the receipts with numbers of refusals that were only counted. */
    List<Receipt> countedRefusals() {
        try {
            return ledger.search(EVERYTHING).stream()
                    .filter(receipt ->
                            receipt.members().optionalText("command").equals(Optional.of("refusals.counted")))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Alert.AlertKind> alarms() {
        return alerts.stream().map(Alert::rule).toList();
    }

    @Override
    public void close() throws IOException {
        database.close();
        ledger.close();
    }
}
