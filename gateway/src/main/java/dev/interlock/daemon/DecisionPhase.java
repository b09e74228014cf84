package dev.interlock.daemon;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.backup.AttestationRegistry;
import dev.interlock.catalog.InstallScripts;
import dev.interlock.front.git.GitPushReader;
import dev.interlock.front.git.PushBody;
import dev.interlock.front.http.UpstreamClient;
import dev.interlock.front.postgres.DatabaseUndo;
import dev.interlock.front.tls.TrustedRoots;
import dev.interlock.gate.AttemptResolver;
import dev.interlock.gate.CallHandler;
import dev.interlock.gate.ElevationHandler;
import dev.interlock.gate.LeaseDerivation;
import dev.interlock.gate.LeaseDeriver;
import dev.interlock.gate.PlanHandler;
import dev.interlock.gate.RequestSecretScanner;
import dev.interlock.gate.UndoHandler;
import dev.interlock.gate.WhoamiHandler;
import dev.interlock.identity.Identity;
import dev.interlock.inventory.Inventory;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.listeners.ResolverClient;
import dev.interlock.listeners.SealedRoutes;
import dev.interlock.listeners.UndoPassages;
import dev.interlock.undo.UndoStore;
import dev.interlock.vault.CredentialKeeper;
import dev.interlock.vault.Decoys;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** The gate, and everything that its decisions depend on. */
record DecisionPhase(
        UpstreamClient upstreams,
        SealedRoutes routes,
        AttestationRegistry attestations,
        Inventory inventory,
        ResolverClient resolvers,
        LimitEnforcer limits,
        Decoys decoys,
        Telemetry telemetry,
        CallHandler gate,
        LeaseDeriver deriver,
        ElevationHandler elevating,
        UndoHandler undoing,
        WhoamiHandler whoami,
        PlanHandler planner) {

    private static final String DECOY = "it used a decoy, and under this seal that ends the lease";

    static DecisionPhase open(DaemonContext context, KeysPhase keys, StoresPhase stores, SealsPhase seals)
            throws IOException {
        UpstreamClient upstreams = context.part(new UpstreamClient());
        SealedRoutes routes = new SealedRoutes(
                seals.inForce(), seals.catalogs(), PushBody.cleared(context.data("pushes")), context.alerts());
        ResolverClient resolvers =
                new ResolverClient(seals.inForce(), keys.client(), routes, upstreams, new ConcurrentSkipListMap<>());
        AttestationRegistry attestations = AttestationRegistry.open(context.data("attestations"));
        Inventory inventory = new Inventory(
                resolvers, context.clock(), seals.facts(), attestations::countedBackups, attestations::failed);
        LimitEnforcer limits = limits(context, stores);
        Decoys decoys = new Decoys(context.random());
        Identity identity = identity(keys.client(), stores, seals, decoys);
        UndoStore states = new UndoStore(stores.stores().states(), new KeysCipher(keys.client()), context.clock());
        GitPushReader pushes = new GitPushReader(
                context.data("repositories"), context.data("pushes"), resolvers, InstallScripts::in, context.clock());
        Telemetry telemetry = new Telemetry(context.config(), seals.inForce()::current, context::part);
        CallHandler gate = new CallHandler(
                new AttemptResolver(
                        seals.inForce()::current,
                        identity,
                        seals.catalogs().readers(),
                        inventory,
                        new RequestSecretScanner(keys.client(), decoys, identity::holdsLease),
                        states,
                        pushes,
                        stores.fingerprints().digests()),
                seals.policies(),
                limits,
                stores.confirmations(),
                keys.client(),
                stores.records(),
                lease -> stores.leases().revoke(lease.root(), DECOY),
                telemetry.observer(context.clock()),
                states);
        ElevationHandler elevating = new ElevationHandler(
                seals.inForce()::current,
                identity,
                stores.leases(),
                seals.policies(),
                stores.confirmations(),
                stores.records(),
                gate);
        DatabaseUndo rows = new DatabaseUndo(TrustedRoots::sockets, context.random());
        UndoHandler undoing = new UndoHandler(
                seals.inForce()::current,
                identity,
                seals.catalogs().readers(),
                inventory,
                states,
                stores.records(),
                gate,
                new UndoPassages(upstreams, routes, resolvers, rows),
                (seal, upstream, state) ->
                        DatabaseUndo.isFor(upstream) ? rows.undo(upstream, state) : pushes.undo(seal, upstream, state));
        return new DecisionPhase(
                upstreams,
                routes,
                attestations,
                inventory,
                resolvers,
                limits,
                decoys,
                telemetry,
                gate,
                new LeaseDerivation(identity, stores.leases(), stores.records(), gate, seals.inForce()::current),
                elevating,
                undoing,
                new WhoamiHandler(
                        seals.inForce()::current,
                        identity,
                        seals.facts(),
                        stores.confirmations(),
                        limits,
                        keys.client(),
                        stores.records(),
                        gate),
                new PlanHandler(seals.inForce()::current, identity, stores.confirmations(), stores.records(), gate));
    }

    private static LimitEnforcer limits(DaemonContext context, StoresPhase stores) {
        return new LimitEnforcer(
                stores.stores().limits(),
                stores.stores().clock(context.clock()),
                System::nanoTime,
                stores.leases().kills().orders(),
                context.random());
    }

    private record KeysCipher(CredentialKeeper keys) implements UndoStore.StateCipher {

        @Override
        public Bytes encrypt(String name, Bytes plain) throws IOException {
            return keys.encrypt(name, plain);
        }

        @Override
        public Bytes decrypt(String name, Bytes encrypted) throws IOException {
            return keys.decrypt(name, encrypted);
        }
    }

    private static Identity identity(CredentialKeeper keys, StoresPhase stores, SealsPhase seals, Decoys decoys) {
        return new Identity(
                stores.leases(),
                stores.fingerprints(),
                new Identity.KnownSecrets(secret -> wouldOpen(keys, decoys, secret), decoys::maskedKind),
                seals.inForce()::current);
    }

    private static Optional<String> wouldOpen(CredentialKeeper keys, Decoys decoys, Secret secret) {
        return decoys.nameOf(secret)
                .or(() -> keys.slotHolding(secret).map(known -> known.upstream().orElse(known.slot())));
    }
}
