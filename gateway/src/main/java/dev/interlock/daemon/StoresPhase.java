package dev.interlock.daemon;

import dev.interlock.action.ClockWatch;
import dev.interlock.config.Config;
import dev.interlock.confirm.Confirmations;
import dev.interlock.gate.AuditRecorder;
import dev.interlock.identity.KeyedFingerprints;
import dev.interlock.identity.Leases;
import dev.interlock.identity.PlaceStore;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.linux.Uptime;
import dev.interlock.people.PasskeySite;
import dev.interlock.people.Passkeys;
import dev.interlock.policy.SealsInForce;
import dev.interlock.store.Database;
import dev.interlock.store.LedgerMark;
import dev.interlock.store.Schema;
import dev.interlock.undo.UndoStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The ledger and the store, and the records that must outlast a restart. */
record StoresPhase(
        Ledger ledger,
        Database database,
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
        Database database = context.part(Database.open(context.data("store.db"), schemas()));
        PasskeySite site =
                PasskeySite.at(config.console().orElseThrow().called().toString());
        Passkeys passkeys = new Passkeys(database, site, context.clock(), context.random());
        Leases leases = new Leases(
                database,
                context.clock(),
                context.random(),
                passkeys,
                new ClockWatch(context.clock().instant(), Uptime::nanos));
        KeyedFingerprints fingerprints = KeyedFingerprints.open(context.data("fingerprint.key"), context.random());
        AuditRecorder records = new AuditRecorder(
                ledger, config.origin(), context.clock(), context.alerts(), leases::at, fingerprints.digests());
        context.part(records::recordAllCounted); // once nobody is refused any more, and before the ledger is closed
        Confirmations confirmations =
                new Confirmations(database, context.clock(), System::nanoTime, context.random(), passkeys);
        // Intents that the last run left open are closed before anything new can begin.
        records.closeAfterCrash(ledger.openIntents(), confirmations::isCertainlyUnused);
        return new StoresPhase(ledger, database, passkeys, leases, fingerprints, records, confirmations);
    }

    private static Ledger ledger(DaemonContext context) throws IOException {
        Config config = context.config();
        return Ledger.open(
                LedgerConfig.of(config.origin(), config.ledger(), context.data("ledger-state"), config.replica()),
                context.random());
    }

    /** Auditors take the key from here once, and store it elsewhere. */
    private static void publishKey(Ledger ledger, Path directory) throws IOException {
        Path file = directory.resolve("ledger.pub");
        Files.writeString(file, ledger.verifierKey() + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    private static List<Schema> schemas() {
        List<Schema> schemas =
                new ArrayList<>(List.of(LedgerMark.SCHEMA)); // first: it tells a new store from an old one
        schemas.addAll(Leases.schema());
        schemas.addAll(SealsInForce.schema());
        schemas.addAll(Confirmations.schemas());
        schemas.addAll(Passkeys.schemas());
        schemas.addAll(PlaceStore.SCHEMA);
        schemas.addAll(LimitEnforcer.schemas());
        schemas.addAll(UndoStore.schemas());
        return schemas;
    }
}
