package dev.interlock;

import dev.interlock.action.Alert;
import dev.interlock.action.AlertRules;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.action.SignIn;
import dev.interlock.admin.AdminServer;
import dev.interlock.admin.Administration;
import dev.interlock.admin.AgentCommands;
import dev.interlock.admin.AlertCommands;
import dev.interlock.admin.BackupCommands;
import dev.interlock.admin.DrillCommands;
import dev.interlock.admin.ElevationCommands;
import dev.interlock.admin.EvidenceCommands;
import dev.interlock.admin.FreezeCommands;
import dev.interlock.admin.GlassCommands;
import dev.interlock.admin.HoldCommands;
import dev.interlock.admin.KeyCommands;
import dev.interlock.admin.KillCommands;
import dev.interlock.admin.LeaseCommands;
import dev.interlock.admin.ListingCommands;
import dev.interlock.admin.Peer;
import dev.interlock.admin.RunCommands;
import dev.interlock.admin.SealCommands;
import dev.interlock.admin.SessionCommands;
import dev.interlock.admin.SignInCommands;
import dev.interlock.admin.SignatureReader;
import dev.interlock.admin.SigningCommands;
import dev.interlock.admin.StatusCommands;
import dev.interlock.backup.Attestations;
import dev.interlock.backup.Rehearsal;
import dev.interlock.backup.Rehearsals;
import dev.interlock.catalog.Catalogs;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.Confirmers;
import dev.interlock.confirm.Glass;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.HttpFront;
import dev.interlock.front.http.UpstreamClient;
import dev.interlock.front.http.Way;
import dev.interlock.gate.Derivations;
import dev.interlock.gate.Deriver;
import dev.interlock.gate.Elevating;
import dev.interlock.gate.Gate;
import dev.interlock.gate.Luggage;
import dev.interlock.gate.Records;
import dev.interlock.gate.Senses;
import dev.interlock.identity.Fingerprints;
import dev.interlock.identity.Identity;
import dev.interlock.identity.KeptPlaces;
import dev.interlock.identity.Kills;
import dev.interlock.identity.Leases;
import dev.interlock.inventory.Consequences;
import dev.interlock.inventory.Inventory;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.people.Passkeys;
import dev.interlock.people.Site;
import dev.interlock.policy.CatalogFacts;
import dev.interlock.policy.Policies;
import dev.interlock.policy.SealsInForce;
import dev.interlock.signin.SignIns;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.vault.Decoys;
import dev.interlock.vault.Keys;
import dev.interlock.vault.KeysClient;
import dev.interlock.vault.KeysLine;
import dev.interlock.velocity.Velocity;
import dev.interlock.watch.Carrier;
import dev.interlock.watch.Post;
import dev.interlock.watch.Probes;
import dev.interlock.watch.Program;
import dev.interlock.watch.Slack;
import dev.interlock.watch.Voice;
import dev.interlock.watch.Watch;
import dev.interlock.watch.Webhook;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The composition root: every object that lives as long as the daemon is made here, in the order in which a call meets
 * them, and closed in reverse.
 */
public final class Interlock implements AutoCloseable {

    /** A mount that moved is seen within this; what is destroyed or confirmed is always asked anew. */
    private static final Duration DEFAULT_REFRESH = Duration.ofSeconds(30);

    /** People hear of a hold that has expired while they still remember it. */
    private static final Duration DEFAULT_UPKEEP = Duration.ofSeconds(5);

    /** Backups grow old by hours, and each look asks the provider. */
    private static final Duration DEFAULT_LOOK = Duration.ofMinutes(10);

    /** Certificates are renewed days before they end. */
    private static final Duration DEFAULT_RENEWAL = Duration.ofMinutes(1);

    /** Why a lease was ended, in the words of who ends it. */
    private static final String DECOY = "it used a decoy, and the seal says that this ends a lease";

    private static final System.Logger LOG = System.getLogger(Interlock.class.getName());

    private final Config config;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final Ledger ledger;
    private final SealsInForce seals;
    private final Status status;

    /**
     * Starts the gateway; it answers when this returns.
     *
     * @param file where {@code config} was read from: the keys process reads it itself
     */
    public static Interlock start(Config config, Path file) throws IOException {
        return new Interlock(config, file, Clock.systemUTC(), new SecureRandom());
    }

    private Interlock(Config config, Path file, Clock clock, SecureRandom random) throws IOException {
        this.config = config;
        try {
            keepPrivate(config.data());
            Files.createDirectories(config.run());
            Watch watch = part(watch(Telemetry.voice(config, clock), clock)).start();
            // First, and not waited for: it starts while everything else does.
            KeysClient keys = part(keys(config, file, watch));
            Set<UserPrincipal> admins = admins(config);
            ledger = part(ledger(config, random));
            publishKey(config.data());
            publishKey(config.run());
            Database database = part(Database.open(config.data().resolve("store.db"), schemas()));
            Passkeys passkeys = new Passkeys(
                    database, Site.at(config.console().orElseThrow().called().toString()), clock, random);
            Leases leases = new Leases(database, clock, random, passkeys);
            Records records = new Records(ledger, config.origin(), clock, watch::raise, leases::at);
            part(records::tellCounted); // once nobody is refused any more, and before the ledger is closed
            Confirmations confirmations = new Confirmations(database, clock, System::nanoTime, random, passkeys);
            // What the last run left open is closed before anything new can begin.
            records.closeAfterCrash(ledger.openIntents(), confirmations::leftUnused);

            Catalogs catalogs = Catalogs.builtIn();
            CatalogFacts facts = CatalogView.facts(catalogs);
            Policies policies = new Policies(sensed -> Consequences.describe(sensed, clock.instant()));
            SealAnchor anchor = new SealAnchor(ledger, records);
            seals = new SealsInForce(database, signers(config), anchor, facts, policies, clock);
            watch.routeBy(() -> seals.current().map(Seal::alerts).orElse(AlertRules.NONE));
            SealKeeper keeper = new SealKeeper(seals, config, watch::raise);
            keeper.restore();

            UpstreamClient upstreams = part(new UpstreamClient());
            SealedRoutes routes = new SealedRoutes(seals, catalogs);
            Attestations attestations = Attestations.open(config.data().resolve("attestations"));
            Inventory inventory = new Inventory(
                    new ResolverAsker(seals, keys, routes, upstreams),
                    clock,
                    attestations::survivors,
                    attestations::failed,
                    (seal, catalog) -> facts.of(seal).holdsData(catalog));
            Velocity velocity = new Velocity(
                    database,
                    clock,
                    System::nanoTime,
                    new FreezeSignatures(leases.signatures(), leases.kills()),
                    random);
            Decoys decoys = new Decoys(random);
            Identity identity = identity(leases, keys, decoys, random);
            Senses senses = new Senses(seals::current, identity, catalogs, inventory, new Luggage(keys, decoys));
            Telemetry telemetry = new Telemetry(config, seals::current, this::part);
            Gate gate = new Gate(
                    senses,
                    policies,
                    velocity,
                    confirmations,
                    keys,
                    records,
                    lease -> leases.revoke(lease.root(), DECOY),
                    telemetry.observer(clock));
            Deriver deriver = new Derivations(identity, leases, records, gate);
            Elevating elevating =
                    new Elevating(seals::current, identity, leases, policies, confirmations, records, gate);
            HttpFront front =
                    part(new HttpFront(routes, gate, deriver, elevating, upstreams, new UnreadRecorder(gate), clock));
            part(gate::endWaits); // closed before the front is: it lets nobody go who is still being answered
            InetSocketAddress address = listen(front, clock);
            if (config.proxy()) {
                KeptAuthority authority =
                        new KeptAuthority(config.data(), config.run(), seals::current, front::vouchBy, clock, random);
                part(Schedule.every(DEFAULT_UPKEEP, "authority", authority::renew));
            }
            Probes probes = new Probes(clock, watch::raise, name -> shut(front, name));
            Confirmers confirmers = confirmations.confirmers(lease -> leases.isInForce(seals.current(), lease));
            Glass glass = confirmations.glass(confirmers);
            InstantSource now = () -> velocity.latest(clock.instant());
            status = status(
                    new Status.Sources(
                            seals::current,
                            ledger,
                            keys,
                            () -> apart(config, keys),
                            confirmers,
                            glass,
                            leases,
                            velocity.freezes(),
                            probes,
                            watch,
                            front::ways,
                            now),
                    address,
                    admins);

            SignatureReader signatures = new SignatureReader(passkeys, watch::raise);
            LeaseCommands leaseCommands = new LeaseCommands(
                    leases,
                    new Places(front, decoys, new KeptPlaces(database), config.run(), watch::raise),
                    signatures,
                    gate::cutStopped,
                    watch::raise);
            KnownBackups backups = new KnownBackups(
                    attestations,
                    Rehearsals.open(
                            config.data().resolve("rehearsals"),
                            (seal, statement, signature) -> leases.signatures()
                                    .verify(seal, Rehearsal.NAMESPACE, statement, signature)
                                    .person()
                                    .name()),
                    inventory,
                    clock);
            SignIns signIns = part(signIns(config.console().orElseThrow(), clock, random));
            KeptConsole console = part(new KeptConsole(
                    config.console().orElseThrow(),
                    clock,
                    random,
                    peer -> stands(peer, seals, passkeys, leases.kills()),
                    watch::raise));
            watch.leadTo(console::address);
            ListingCommands listings =
                    new ListingCommands(new ToldListings(config.data().resolve("listings.json")), clock);
            BackupCommands backupCommands = new BackupCommands(
                    backups, listings, signatures, leases.kills()::isKilled, watch::raise);
            GlassCommands glassCommands =
                    new GlassCommands(glass, signatures, leases.kills()::isKilled, watch::raise);
            ElevationCommands elevations = new ElevationCommands(confirmations, confirmers, leases, elevating);
            Administration.Recorder recorder = Administration.Recorder.of(records);
            SessionCommands sessions = new SessionCommands(leaseCommands, watch::raise);
            Administration administration = new Administration(
                    List.of(
                            new AgentCommands(leases, clock),
                            leaseCommands,
                            sessions,
                            new RunCommands(
                                    leaseCommands,
                                    sessions,
                                    ledger.verifierKey().toString(),
                                    recorder,
                                    clock,
                                    watch::raise),
                            new KillCommands(leases, leaseCommands, gate::cutStopped, signatures, watch::raise),
                            new FreezeCommands(velocity.freezes(), signatures, watch::raise),
                            new HoldCommands(
                                    confirmers,
                                    signatures,
                                    leases.kills()::isKilled,
                                    watch::reaches,
                                    elevations,
                                    watch::raise),
                            elevations,
                            glassCommands,
                            new KeyCommands(
                                    passkeys, signatures, leases.kills()::isKilled, inviters(), watch::raise),
                            new SigningCommands(passkeys, confirmers, glassCommands, backupCommands),
                            new SignInCommands(signIns, leases.kills()::isKilled),
                            new EvidenceCommands(ledger),
                            new SealCommands(keeper),
                            new StatusCommands(() -> status.json().with("console", console.told())),
                            new InventoryCheck(seals::current, inventory, facts),
                            backupCommands,
                            listings,
                            new DrillCommands(new DrillReports(config.data().resolve("drills.json")), clock),
                            new AlertCommands(watch),
                            console),
                    seals::current,
                    recorder,
                    clock,
                    watch::raise);
            Runnable upkeep = new Upkeep(
                    seals::current,
                    confirmations,
                    confirmers,
                    glass,
                    ledger::status,
                    () -> {
                        var _ = elevating.settle();
                        administration.tidy();
                        gate.tellCounted();
                    },
                    watch::check,
                    watch::raise);
            // Threads of their own: a provider that does not answer must not keep a hold alive.
            part(Schedule.every(DEFAULT_UPKEEP, "upkeep", upkeep));
            part(Schedule.every(DEFAULT_REFRESH, "velocity", velocity::tidy));
            part(Schedule.every(
                    DEFAULT_UPKEEP, "observing", new Observance(seals::current, now, System::nanoTime, watch::raise)));
            part(Schedule.every(
                    DEFAULT_REFRESH, "inventory", () -> seals.current().ifPresent(inventory::refresh)));
            part(Schedule.every(
                    DEFAULT_LOOK,
                    "backups",
                    new RecoveryWatch(seals::current, backups, System::nanoTime, watch::raise)));
            part(Schedule.every(DEFAULT_REFRESH, "words", backups::settle));
            part(Schedule.every(
                    DEFAULT_LOOK, "expiry", new SealExpiry(seals::last, clock, System::nanoTime, watch::raise)));
            part(Schedule.every(
                    DEFAULT_LOOK, "reviews", new Reviews(seals::current, clock, System::nanoTime, watch::raise)));
            telemetry.open(ledger, confirmers, leases, watch);
            requireKeys(config, keys);
            // Whether a credential is foreign, the keys process says.
            Runnable probing = new Probing(
                    seals::current, catalogs, policies, leases, front, probes, clock, System::nanoTime, random);
            part(Schedule.every(DEFAULT_UPKEEP, "probes", probing));
            administration.resume();
            part(AdminServer.start(config.adminSocket(), admins, administration));
            // Last, and not waited for: nothing that is decided depends on it.
            console.open(administration);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** A session ends with the passkey that opened it, and with its person. */
    private static boolean stands(Peer peer, SealsInForce seals, Passkeys passkeys, Kills kills) {
        return switch (peer.entrance()) {
            case Peer.Entrance.Passkey(String credential) ->
                !kills.isKilled(peer.user())
                        && seals.current()
                                .flatMap(seal -> passkeys.person(seal, credential))
                                .equals(Optional.of(peer.user()));
            case Peer.Entrance.Issuer(String issuer, String subject) ->
                !kills.isKilled(peer.user())
                        && seals.current()
                                .filter(seal ->
                                        seal.signIn().map(SignIn::issuer).equals(Optional.of(issuer)))
                                .flatMap(seal -> seal.called(subject))
                                .map(Seal.Person::name)
                                .equals(Optional.of(peer.user()));
            case Peer.Entrance.Code(), Peer.Entrance.Socket() -> true;
        };
    }

    /**
     * Files are read when they are needed: one that is wrong keeps people from one way in, and no call from anything.
     */
    private static SignIns signIns(Config.Console console, Clock clock, SecureRandom random) {
        return new SignIns(
                console.called().resolve("/signin/returned"),
                () -> console.clientSecretFile().isPresent()
                        ? Optional.of(SecretFile.read(console.clientSecretFile().get()))
                        : Optional.empty(),
                () -> console.providerCa().isPresent()
                        ? Optional.of(
                                PinnedAuthority.trusting(console.providerCa().get()))
                        : Optional.empty(),
                clock,
                random);
    }

    private InetSocketAddress listen(HttpFront front, Clock clock) throws IOException {
        Optional<FrontCertificate> certificate = config.tls().isEmpty()
                ? Optional.empty()
                : Optional.of(FrontCertificate.open(config.tls().get(), clock));
        certificate.ifPresent(own -> part(Schedule.every(DEFAULT_RENEWAL, "certificate", own::renew)));
        try {
            return certificate.isEmpty()
                    ? front.listen(config.listenAddress())
                    : front.listen(config.listenAddress(), certificate.get()::current);
        } catch (IOException e) {
            throw new IOException(e.getMessage() + "; `listen` in `gateway.yaml` says where", e);
        }
    }

    /** What the policies let through, they would let through at any front. */
    private static void shut(HttpFront front, String name) {
        front.ways().stream()
                .map(Way::front)
                .filter(open -> open.equals(name) || name.equals(Probing.POLICY))
                .distinct()
                .forEach(front::shut);
    }

    private static Ledger ledger(Config config, SecureRandom random) throws IOException {
        Path state = config.data().resolve("ledger-state");
        return Ledger.open(LedgerConfig.of(config.origin(), config.ledger(), state, config.replica()), random);
    }

    private static SealsInForce.Signers signers(Config config) throws IOException {
        return new SealsInForce.Signers(
                Credentials.pinned(config), config.sealSigners().quorum());
    }

    private static KeysClient keys(Config config, Path file, Watch watch) {
        KeysLine.Opener opener = config.keys()
                .<KeysLine.Opener>map(keys -> () -> KeysSocket.open(keys))
                .orElse(() -> KeysProcess.start(file));
        return KeysClient.start(
                opener,
                seal -> Files.readAllBytes(config.data().resolve("seals").resolve(seal + ".json")),
                why -> watch.raise(
                        new Alert(Alert.Rule.KEYS_TROUBLE, Alert.Severity.ALARM, why, Map.of(), Optional.empty())));
    }

    /** A child that does not start has said why. Where it is nobody's child, it may come later. */
    private static void requireKeys(Config config, KeysClient keys) throws IOException {
        if (!keys.awaitFirst() && config.keys().isEmpty()) {
            throw new IOException("the process that keeps the credentials did not start; it says why");
        }
    }

    private static String apart(Config config, KeysClient keys) {
        return config.keys().map(own -> "apart (user " + own.user() + ")").orElse("apart (same user)")
                + (keys.isUp() ? "" : ", not answering");
    }

    private Identity identity(Leases leases, Keys keys, Decoys decoys, SecureRandom random) throws IOException {
        Fingerprints fingerprints = Fingerprints.open(config.data().resolve("fingerprint.key"), random);
        return new Identity(leases, fingerprints, secret -> wouldOpen(keys, decoys, secret), seals::current);
    }

    private Status status(Status.Sources sources, InetSocketAddress address, Set<UserPrincipal> admins)
            throws IOException {
        boolean separate = !admins.contains(me());
        return new Status(sources, address, separate, config.console().filter(Config.Console::isGuessable));
    }

    private <T extends AutoCloseable> T part(T part) {
        parts.push(part);
        return part;
    }

    private static List<Schema> schemas() {
        List<Schema> schemas = new ArrayList<>(Leases.schema());
        schemas.addAll(SealsInForce.schema());
        schemas.addAll(Confirmations.schemas());
        schemas.addAll(Passkeys.schemas());
        schemas.addAll(KeptPlaces.SCHEMA);
        schemas.addAll(Velocity.schemas());
        return schemas;
    }

    private Watch watch(Voice voice, Clock clock) throws IOException {
        Post post = part(new Post());
        Map<String, Carrier> ways = new HashMap<>();
        for (Map.Entry<String, Config.Receiver> receiver : config.alerts().entrySet()) {
            try {
                ways.put(receiver.getKey(), carrier(post, receiver.getValue(), clock));
            } catch (IOException | IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "the receiver of alerts `" + receiver.getKey() + "` is not usable: " + e.getMessage(), e);
            }
        }
        return new Watch(
                voice, clock, System::nanoTime, config.origin(), config.data().resolve("alerts"), ways);
    }

    private static Carrier carrier(Post post, Config.Receiver receiver, Clock clock) throws IOException {
        if (receiver.exec().isPresent()) {
            return Program.at(receiver.exec().get(), Config::requireTrusted);
        }
        return receiver.slackUrlFile().isPresent()
                ? Slack.at(post, SecretFile.read(receiver.slackUrlFile().get()))
                : Webhook.at(
                        post,
                        receiver.url().orElseThrow(),
                        SecretFile.read(receiver.secretFile().orElseThrow()),
                        clock);
    }

    private static Optional<String> wouldOpen(Keys keys, Decoys decoys, Secret secret) {
        return decoys.nameOf(secret)
                .or(() -> keys.knows(secret).map(known -> known.upstream().orElse(known.slot())));
    }

    /** What is made in it without a thought for permissions is out of everybody's reach but the daemon's and root's. */
    private static void keepPrivate(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    /** Auditors take the key from here once, and keep it elsewhere. */
    private void publishKey(Path directory) throws IOException {
        Path file = directory.resolve("ledger.pub");
        Files.writeString(file, ledger.verifierKey() + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    /** The user that this process runs as. */
    public static UserPrincipal me() throws IOException {
        return Files.getOwner(Path.of("/proc/self"));
    }

    /** Whose word makes a key: root's, and that of the user whose files the keys lie in. */
    private static Set<String> inviters() throws IOException {
        return new HashSet<>(List.of("root", me().getName())); // often the same
    }

    private static Set<UserPrincipal> admins(Config config) throws IOException {
        Set<UserPrincipal> admins = new HashSet<>();
        for (String name : config.admins()) {
            admins.add(FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(name));
        }
        return admins;
    }

    /**
     * Whether a gateway that this process's user runs would be kept apart by the kernel from those who administer it.
     */
    public static boolean separate(Config config) throws IOException {
        return !admins(config).contains(me());
    }

    /** What a person sees first. */
    public String banner() {
        return "interlock: " + config.frontAddress() + " · separation: " + status.separation() + " · seal: "
                + seals.current().map(seal -> Long.toString(seal.sequence())).orElse("none") + " · log key: "
                + ledger.verifierKey();
    }

    /** The same for a program. */
    public Json.Members ready() {
        return Json.object()
                .with("listen", config.listen())
                .with("front", config.frontAddress())
                .with("separation", status.separation())
                .with("seal_sequence", seals.current().map(Seal::sequence).orElse(0L))
                .with("log_key", ledger.verifierKey().toString());
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LOG.log(System.Logger.Level.WARNING, "a part could not be closed", e);
            }
        }
    }
}
