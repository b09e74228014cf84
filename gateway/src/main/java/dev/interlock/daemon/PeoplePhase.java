package dev.interlock.daemon;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.action.SignInProvider;
import dev.interlock.admin.Administration;
import dev.interlock.admin.AgentCommands;
import dev.interlock.admin.AlertCommands;
import dev.interlock.admin.BackupCommands;
import dev.interlock.admin.ClockCommands;
import dev.interlock.admin.Command;
import dev.interlock.admin.CommandGroup;
import dev.interlock.admin.DeviceCommands;
import dev.interlock.admin.ElevationCommands;
import dev.interlock.admin.EvidenceCommands;
import dev.interlock.admin.FreezeCommands;
import dev.interlock.admin.HoldCommands;
import dev.interlock.admin.KillCommands;
import dev.interlock.admin.LeaseCommands;
import dev.interlock.admin.McpCommands;
import dev.interlock.admin.OidcSignInCommands;
import dev.interlock.admin.PasskeyCommands;
import dev.interlock.admin.Peer;
import dev.interlock.admin.RemoteCommands;
import dev.interlock.admin.RunCommands;
import dev.interlock.admin.ServiceCommands;
import dev.interlock.admin.ServiceRules;
import dev.interlock.admin.SessionCommands;
import dev.interlock.admin.SignatureReader;
import dev.interlock.admin.SigningCommands;
import dev.interlock.admin.TextCommands;
import dev.interlock.admin.UndoCommands;
import dev.interlock.admin.WhoamiCommands;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.backup.Rehearsal;
import dev.interlock.backup.RehearsalRegistry;
import dev.interlock.catalog.Catalog;
import dev.interlock.config.Config;
import dev.interlock.config.SecretFile;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.console.ConsoleSupervisor;
import dev.interlock.credentials.FleetExchange;
import dev.interlock.credentials.GrantAlerts;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.TextErasure;
import dev.interlock.listeners.SandboxListeners;
import dev.interlock.policy.OwnFileLists;
import dev.interlock.policy.SealFiles;
import dev.interlock.push.Devices;
import dev.interlock.push.HoldNotifier;
import dev.interlock.push.PushSender;
import dev.interlock.push.PushServices;
import dev.interlock.push.VapidKey;
import dev.interlock.readiness.AttestedBackups;
import dev.interlock.readiness.DescribedAttempts;
import dev.interlock.readiness.DrillReports;
import dev.interlock.readiness.GatewayStatus;
import dev.interlock.readiness.InventoryCheck;
import dev.interlock.replay.FleetCommands;
import dev.interlock.signin.OidcSignIn;
import dev.interlock.signin.PinnedAuthority;
import dev.interlock.store.StoreListener;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The side of the gateway that people use: status, holds, the console and every administrative command. */
final class PeoplePhase {

    private final DaemonContext context;
    private final StoresPhase stores;
    private final SealsPhase seals;
    private final DecisionPhase decision;
    private final FrontsPhase fronts;
    private final ReplayPhase replay;
    private final Consumer<Alert> alerts;
    private final Predicate<String> isKilled;
    final HoldSigning confirmers;
    /** The clock by which limits count and a seal stops observing; it never goes back. */
    final InstantSource latest;

    private final DrillReports drills;
    final FleetExchange exchange;
    final GrantAlerts grants;
    final GatewayStatus status;
    final AttestedBackups backups;
    final TextErasure erasure;
    private final SignatureReader signatures;
    final ConsoleSupervisor console;
    final PushPhase push;
    /** What follows the other gateways that share the store; what stops the most comes first. */
    final List<StoreListener> followers = new ArrayList<>();

    final Administration administration;

    PeoplePhase(
            DaemonContext context,
            KeysPhase keys,
            StoresPhase stores,
            SealsPhase seals,
            DecisionPhase decision,
            FrontsPhase fronts,
            ReplayPhase replay)
            throws IOException {
        this.context = context;
        this.stores = stores;
        this.seals = seals;
        this.decision = decision;
        this.fronts = fronts;
        this.replay = replay;
        this.alerts = context.alerts();
        this.isKilled = stores.leases().kills()::isKilled;
        this.confirmers = stores.confirmations()
                .confirmers(lease -> stores.leases().isInForce(seals.inForce().current(), lease)
                        // another gateway has just issued it
                        || (stores.stores().shared().isPresent()
                                && !stores.leases().isKnown(lease)));
        this.latest = () -> decision.limits().latest(context.clock().instant());
        this.drills = new DrillReports(context.data("drills.json"), context.clock());
        this.grants = new GrantAlerts(keys.client(), context.alerts());
        this.exchange =
                new FleetExchange(stores.stores().fleet(), keys.client(), stores.fingerprints(), context.alerts());
        this.status = status(keys, replay);
        this.backups = openBackups();
        this.erasure = new TextErasure(
                stores.ledger(), stores.stores().texts()::erase, stores.records()::recordAdministration);
        this.signatures = new SignatureReader(stores.passkeys(), isKilled, alerts);
        OidcSignIn signIns = context.part(signIns());
        this.console = context.part(new ConsoleSupervisor(
                context.config().console().orElseThrow(), context.clock(), context.random(), this::stands, alerts));
        context.watch().setConsole(console::address);
        this.push = PushPhase.open(context, this::waiting, isKilled);
        this.administration = administration(signIns);
    }

    private Optional<String> ownFileLists() {
        return seals.inForce()
                .current()
                .flatMap(OwnFileLists::find)
                .map(own -> "In the sealed policy, " + own.message() + ".");
    }

    private GatewayStatus status(KeysPhase keys, ReplayPhase replay) throws IOException {
        Config config = context.config();
        GatewayStatus.Sources sources = new GatewayStatus.Sources(
                seals.inForce()::current,
                stores.ledger(),
                keys.client(),
                keys::separation,
                confirmers,
                stores.leases(),
                decision.limits().freezes(),
                fronts.probes(),
                context.watch(),
                fronts.http()::endpoints,
                () -> Stream.of(
                                replay.warnings().stream(),
                                drills.overdue().stream(),
                                exchange.troubles().stream(),
                                grants.troubles().stream(),
                                ownFileLists().stream())
                        .flatMap(all -> all)
                        .filter(one -> !one.equals(Vault.EXPELLED)) // for which everything is halted
                        .toList(),
                () -> stores.stores()
                        .shared()
                        .flatMap(shared -> shared.node().standstill())
                        .map(why ->
                                "this gateway serves nothing" + reads() + " until it can use its store (" + why + ").")
                        .or(() -> Optional.of(Vault.EXPELLED)
                                .filter(exchange.troubles()::contains)
                                .map(why -> why + " If it shall serve again: sudo interlock fleet join."))
                        .or(() -> replay.clock().isRefusing()
                                ? Optional.of("the clock cannot be trusted, so every call is refused: interlock clock.")
                                : Optional.empty()),
                latest);
        return new GatewayStatus(
                sources,
                fronts.address(),
                Interlock.separate(config),
                fronts.remoteStatus(config, stores.leases().machines()),
                fronts.databases(),
                config.console().filter(Config.Console::isGuessable),
                () -> stores.stores().shared().map(shared -> shared.fleet().get()),
                stores.replicas());
    }

    /** Returns what the grace of the seal lets this gateway serve although it cannot reach the store. */
    private String reads() {
        Duration grace = seals.inForce().current().map(Seal::readGrace).orElse(Duration.ZERO);
        long left = stores.stores()
                .shared()
                .map(shared -> shared.node().remaining(grace).toSeconds())
                .orElse(0L);
        return left > 0 ? " but reads, these for " + left + " seconds more," : "";
    }

    private AttestedBackups openBackups() throws IOException {
        RehearsalRegistry rehearsals = RehearsalRegistry.open(
                context.data("rehearsals"),
                (seal, statement, signature) -> stores.leases()
                        .signatures()
                        .verify(seal, Rehearsal.NAMESPACE, statement, signature)
                        .person()
                        .name());
        return new AttestedBackups(decision.attestations(), rehearsals, decision.inventory(), context.clock());
    }

    /** Returns the single sign-on. A wrong file of it closes one way to sign in, and disturbs no call. */
    private OidcSignIn signIns() {
        Config.Console settings = context.config().console().orElseThrow();
        return new OidcSignIn(
                settings.called().resolve("/signin/returned"),
                () -> settings.clientSecretFile().isPresent()
                        ? Optional.of(
                                SecretFile.read(settings.clientSecretFile().get()))
                        : Optional.empty(),
                () -> PinnedAuthority.trusting(settings.providerCa()),
                context.clock(),
                context.random());
    }

    /** Returns whether a session of {@code peer} goes on: it ends with its passkey and with its person. */
    private boolean stands(Peer peer) {
        Optional<Seal> seal = seals.inForce().current();
        return switch (peer.entrance()) {
            case Peer.SignInMethod.Passkey(String credential) ->
                !isKilled.test(peer.user())
                        && seal.flatMap(one -> stores.passkeys().person(one, credential))
                                .equals(Optional.of(peer.user()));
            case Peer.SignInMethod.OpenIdProvider(String issuer, String subject) ->
                !isKilled.test(peer.user())
                        && seal.filter(one ->
                                        one.signIn().map(SignInProvider::issuer).equals(Optional.of(issuer)))
                                .flatMap(one -> one.personWithSubject(subject))
                                .map(Seal.Person::name)
                                .equals(Optional.of(peer.user()));
            case Peer.SignInMethod.OneTimeCode(), Peer.SignInMethod.Socket() -> true;
            case Peer.SignInMethod.Invitation() -> false; // it opens no session
        };
    }

    private Optional<HoldNotifier.WaitingHold> waiting(String id, Optional<String> group) {
        return seals.inForce()
                .current()
                .flatMap(seal -> confirmers.waiting(seal, id).map(hold -> asked(seal, hold, group)));
    }

    private HoldNotifier.WaitingHold asked(Seal seal, HoldSigning.WaitingHold hold, Optional<String> group) {
        Set<String> people = seal.people().values().stream()
                .filter(person -> group.isEmpty() || person.groups().contains(group.get()))
                .map(Seal.Person::name)
                .filter(hold.people()::contains)
                .collect(Collectors.toSet());
        return new HoldNotifier.WaitingHold(hold.id(), hold.summary(), hold.signBy(), people);
    }

    private Administration administration(OidcSignIn signIns) throws IOException {
        Administration.Recorder recorder = Administration.Recorder.of(stores.records());
        List<CommandGroup> groups = new ArrayList<>();
        groups.addAll(agentCommands(recorder));
        groups.addAll(approvalCommands());
        groups.add(new OidcSignInCommands(signIns, isKilled));
        groups.add(new EvidenceCommands(
                stores.ledger(),
                context.part(stores.allReceipts(context.data("copies"))),
                confirmers::texts,
                id -> SealFiles.adopted(context.config(), id)));
        groups.add(new TextCommands(
                erasure,
                stores.stores().texts()::standing,
                stores.leases().kills().orders(),
                signatures));
        groups.add(new FleetCommands(
                replay.replay(), stores.records(), stores.confirmations()::isCertainlyUnused, context.clock()));
        groups.add(seals.keeper());
        groups.add(new UndoCommands(decision.undoing(), decision.undoing()::scope, context.clock()));
        groups.add(() -> List.of(
                Command.of(StatusQuestion.AskStatus.class, _ -> status.now(console.statusText(), console.trouble()))));
        groups.add(new InventoryCheck(
                seals.inForce()::current, decision.inventory(), seals.facts(), decision.resolvers()::survey));
        groups.add(new DescribedAttempts(seals.facts(), decision.gate()::predict));
        groups.add(drills);
        groups.add(new AlertCommands(context.watch()));
        groups.add(new DeviceCommands(push.devices(), push.key(), seals.inForce()::current, context.clock()));
        groups.add(console.sessions());
        return new Administration(groups, seals.inForce()::current, recorder, context.clock(), alerts);
    }

    private List<CommandGroup> agentCommands(Administration.Recorder recorder) {
        Leases leases = stores.leases();
        SandboxListeners listeners = new SandboxListeners(
                fronts.http(),
                fronts.postgres(),
                decision.decoys(),
                stores.stores().places(),
                context.config().run(),
                alerts);
        LeaseCommands leaseCommands = new LeaseCommands(
                leases,
                listeners,
                signatures,
                ServiceRules.of(context.config(), fronts.address()),
                decision.gate()::cutStopped,
                alerts);
        followers.add(leaseCommands);
        followers.addAll(List.of(decision.limits().freezes(), seals.keeper(), stores.passkeys()));
        SessionCommands sessions = new SessionCommands(leaseCommands, alerts);
        String logKey = stores.ledger().verifierKey().toString();
        return List.of(
                new AgentCommands(leases, context.clock()),
                new McpCommands((seal, catalog) -> seals.catalogs()
                        .of(seal)
                        .find(catalog)
                        .flatMap(Catalog::tools)
                        .map(tools -> new McpCommands.KnownServer(tools.endpoint(), tools.self()))),
                leaseCommands,
                new WhoamiCommands(leases, decision.whoami()::of),
                new RemoteCommands(
                        leases, leaseCommands, fronts.remote().map(authority -> authority), listeners, context.clock()),
                sessions,
                new ServiceCommands(leaseCommands, sessions, recorder),
                new RunCommands(leaseCommands, sessions, logKey, recorder, context.clock(), alerts),
                new KillCommands(leaseCommands),
                new FreezeCommands(decision.limits().freezes(), signatures, alerts),
                new ClockCommands(leases, stores.confirmations(), signatures, context.clock(), alerts));
    }

    private List<CommandGroup> approvalCommands() throws IOException {
        BackupCommands backupCommands = new BackupCommands(
                backups.attestations(), backups.rehearsals(), backups::status, signatures, context.clock(), alerts);
        ElevationCommands elevations =
                new ElevationCommands(stores.confirmations(), confirmers, stores.leases(), decision.elevating());
        return List.of(
                new HoldCommands(
                        confirmers,
                        signatures,
                        context.watch()::reaches,
                        elevations,
                        decision.limits()::stopping,
                        alerts),
                elevations,
                new PasskeyCommands(stores.passkeys(), signatures, inviters(), alerts),
                new SigningCommands(stores.passkeys(), confirmers, backupCommands),
                backupCommands);
    }

    /** Returns who may invite people to make passkeys: root, and the user whose files the keys lie in. */
    private static Set<String> inviters() throws IOException {
        return new HashSet<>(List.of("root", Interlock.me().getName())); // often the same
    }

    /** Notifications to people's devices: the devices, the gateway's key, and what sends. */
    record PushPhase(Devices devices, VapidKey key, HoldNotifier notifier) {

        static PushPhase open(DaemonContext context, HoldNotifier.Holds holds, Predicate<String> isKilled) {
            Config.Console console = context.config().console().orElseThrow();
            PushServices services =
                    new PushServices(console.push().map(Config.Push::services).orElse(List.of()));
            Optional<Path> authority = console.push().flatMap(Config.Push::ca);
            VapidKey key = new VapidKey(context.data("push.key"), console.called(), context.random());
            PushSender sender = context.part(new PushSender(
                    services, key, () -> PinnedAuthority.trusting(authority), context.clock(), context.random()));
            Devices devices = new Devices(context.data("devices.json"), services);
            HoldNotifier notifier = context.part(new HoldNotifier(devices, sender, holds, isKilled, context.clock()));
            context.watch().setListener(notifier::heard);
            return new PushPhase(devices, key, notifier);
        }
    }
}
