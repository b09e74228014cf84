package dev.interlock.daemon;

import dev.interlock.action.ClockWatch;
import dev.interlock.config.Config;
import dev.interlock.config.SecretFile;
import dev.interlock.confirm.Confirmations;
import dev.interlock.gate.AuditRecorder;
import dev.interlock.identity.KeyedFingerprints;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.AllReceipts;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.ledger.LedgerReplicas;
import dev.interlock.linux.Uptime;
import dev.interlock.people.PasskeySite;
import dev.interlock.people.Passkeys;
import dev.interlock.signin.PinnedAuthority;
import dev.interlock.store.StoreFleet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The ledger and the store, and the records that must outlast a restart. */
record StoresPhase(
        Ledger ledger,
        LedgerReplicas replicas,
        Stores stores,
        Passkeys passkeys,
        Leases leases,
        KeyedFingerprints fingerprints,
        AuditRecorder records,
        Confirmations confirmations) {

    static StoresPhase open(DaemonContext context) throws IOException {
        Config config = context.config();
        Ledger ledger = context.part(ledger(context));
        publishKey(ledger, config.data());
        publishKey(ledger, config.run());
        Stores stores = TableStores.open(context);
        PasskeySite site =
                PasskeySite.at(config.console().orElseThrow().called().toString());
        Passkeys passkeys = new Passkeys(stores.passkeys(), site, context.clock(), context.random());
        Leases leases = new Leases(
                stores.leases(),
                context.clock(),
                context.random(),
                passkeys,
                new ClockWatch(context.clock().instant(), Uptime::nanos));
        stores.shared().ifPresent(shared -> leases.kills().serveWhile(shared.node()::serves));
        KeyedFingerprints fingerprints = KeyedFingerprints.open(context.data("fingerprint.key"), context.random());
        AuditRecorder records = new AuditRecorder(
                ledger, config.origin(), context.clock(), context.alerts(), leases::at, fingerprints.digests());
        context.part(records::recordAllCounted); // once nobody is refused any more, and before the ledger is closed
        Confirmations confirmations = new Confirmations(
                stores.holds(), stores.clock(context.clock()), System::nanoTime, context.random(), passkeys);
        // Intents that the last run left open are closed before anything new can begin.
        records.closeAfterCrash(
                ledger.openIntents(),
                confirmations::isCertainlyUnused,
                stores.marks().closed(config.origin()));
        return new StoresPhase(
                ledger,
                new LedgerReplicas(config.replicas(), config.origin()),
                stores,
                passkeys,
                leases,
                fingerprints,
                records,
                confirmations);
    }

    /** Returns the receipts of all gateways that share the store; the others' are indexed in {@code indexes}. */
    AllReceipts allReceipts(Path indexes) {
        return new AllReceipts(
                ledger,
                replicas,
                () -> {
                    Map<String, AllReceipts.KnownLog> others = new TreeMap<>();
                    stores.shared()
                            .ifPresent(_ -> stores.marks()
                                    .all()
                                    .forEach(mark -> others.put(
                                            mark.origin(), new AllReceipts.KnownLog(mark.size(), mark.key()))));
                    others.keySet().removeAll(List.of(replicas.own(), ""));
                    return others;
                },
                indexes);
    }

    /** Returns how long the gateways that reach the store have shared it, by their names. */
    Map<String, Duration> members() {
        return stores.shared().map(shared -> shared.fleet().get().nodes()).orElse(List.of()).stream()
                .filter(node -> !node.isSilent())
                .collect(Collectors.toMap(StoreFleet.Node::name, node -> Duration.between(node.since(), node.heard())));
    }

    private static Ledger ledger(DaemonContext context) throws IOException {
        Config config = context.config();
        LedgerConfig ledger =
                LedgerConfig.of(config.origin(), config.ledger(), context.data("ledger-state"), config.replica());
        Optional<LedgerConfig.BucketAddress> bucket = Optional.empty();
        if (config.replicaBucket().isPresent()) {
            Config.Bucket to = config.replicaBucket().get();
            bucket = Optional.of(new LedgerConfig.BucketAddress(
                    to.root(),
                    to.region(),
                    to.lockDays(),
                    PinnedAuthority.trusting(to.ca()),
                    () -> SecretFile.read(to.credentialsFile())));
        }
        return Ledger.open(
                ledger.withBucket(bucket)
                        .withSealedTexts(config.retention().isPresent())
                        .withWitnesses(config.witnesses().entrySet().stream()
                                .map(each -> new LedgerConfig.WitnessEndpoint(
                                        each.getKey(),
                                        each.getValue().publicKey(),
                                        each.getValue().addCheckpoint()))
                                .toList()),
                context.random());
    }

    /** Auditors take the key from here once, and store it elsewhere. */
    private static void publishKey(Ledger ledger, Path directory) throws IOException {
        Path file = directory.resolve("ledger.pub");
        Files.writeString(file, ledger.verifierKey() + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }
}
