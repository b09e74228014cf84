package dev.interlock;

import dev.interlock.action.Secret;
import dev.interlock.backup.Attestations;
import dev.interlock.front.http.UpstreamClient;
import dev.interlock.gate.Derivations;
import dev.interlock.gate.Deriver;
import dev.interlock.gate.Elevating;
import dev.interlock.gate.CallHandler;
import dev.interlock.gate.Luggage;
import dev.interlock.gate.Senses;
import dev.interlock.identity.Fingerprints;
import dev.interlock.identity.Identity;
import dev.interlock.inventory.Inventory;
import dev.interlock.vault.Decoys;
import dev.interlock.vault.Keys;
import dev.interlock.velocity.Velocity;
import java.io.IOException;
import java.util.Optional;

/** The gate, and what it decides by. */
record DecisionPhase(
        UpstreamClient upstreams,
        SealedRoutes routes,
        Attestations attestations,
        Inventory inventory,
        Velocity velocity,
        Decoys decoys,
        Telemetry telemetry,
        CallHandler gate,
        Deriver deriver,
        Elevating elevating) {

    /** The reason why a lease was ended, as people read it. */
    private static final String DECOY = "it used a decoy, and the seal says that this ends a lease";

    static DecisionPhase open(DaemonContext context, KeysPhase keys, StoresPhase stores, SealsPhase seals)
            throws IOException {
        UpstreamClient upstreams = context.part(new UpstreamClient());
        SealedRoutes routes = new SealedRoutes(seals.inForce(), seals.catalogs());
        Attestations attestations = Attestations.open(context.data("attestations"));
        Inventory inventory = new Inventory(
                new ResolverAsker(seals.inForce(), keys.client(), routes, upstreams),
                context.clock(),
                attestations::survivors,
                attestations::failed,
                (seal, catalog) -> seals.facts().of(seal).holdsData(catalog));
        Velocity velocity = new Velocity(
                stores.database(),
                context.clock(),
                System::nanoTime,
                new FreezeSignatures(
                        stores.leases().signatures(), stores.leases().kills()),
                context.random());
        Decoys decoys = new Decoys(context.random());
        Identity identity = identity(context, keys.client(), stores, seals, decoys);
        Senses senses = new Senses(
                seals.inForce()::current, identity, seals.catalogs(), inventory, new Luggage(keys.client(), decoys));
        Telemetry telemetry = new Telemetry(context.config(), seals.inForce()::current, context::part);
        CallHandler gate = new CallHandler(
                senses,
                seals.policies(),
                velocity,
                stores.confirmations(),
                keys.client(),
                stores.records(),
                lease -> stores.leases().revoke(lease.root(), DECOY),
                telemetry.observer(context.clock()));
        Deriver deriver = new Derivations(identity, stores.leases(), stores.records(), gate);
        Elevating elevating = new Elevating(
                seals.inForce()::current,
                identity,
                stores.leases(),
                seals.policies(),
                stores.confirmations(),
                stores.records(),
                gate);
        return new DecisionPhase(
                upstreams, routes, attestations, inventory, velocity, decoys, telemetry, gate, deriver, elevating);
    }

    private static Identity identity(
            DaemonContext context, Keys keys, StoresPhase stores, SealsPhase seals, Decoys decoys) throws IOException {
        Fingerprints fingerprints = Fingerprints.open(context.data("fingerprint.key"), context.random());
        return new Identity(
                stores.leases(), fingerprints, secret -> wouldOpen(keys, decoys, secret), seals.inForce()::current);
    }

    /** Returns what {@code secret} opens, if it is a decoy or one of the vault's credentials. */
    private static Optional<String> wouldOpen(Keys keys, Decoys decoys, Secret secret) {
        return decoys.nameOf(secret)
                .or(() -> keys.knows(secret).map(known -> known.upstream().orElse(known.slot())));
    }
}
