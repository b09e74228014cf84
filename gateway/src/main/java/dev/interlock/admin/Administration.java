package dev.interlock.admin;

import static dev.interlock.admin.Arguments.only;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Review;
import dev.interlock.gate.Records;
import dev.interlock.identity.Kills;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.velocity.Freezes;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The whole protocol of the administrative socket, as one switch. What widens is a receipt before it takes effect, what
 * tightens takes effect first; {@code docs/admin.md} has the table.
 */
public final class Administration implements Commands {

    /**
     * What may be asked for at the console: to look, to tighten, and what proves itself by signatures. Whoever is not
     * in this list of commands asks at the socket, where the kernel says who they are.
     */
    static final Set<String> AT_CONSOLE = Set.of(
            "agent.list",
            "agent.propose",
            "backup.practised",
            "backup.status",
            "drill.list",
            "freeze.list",
            "freeze.prepare",
            "freeze.lift",
            "glass.break",
            "glass.list",
            "glass.prepare",
            "glass.prepare-review",
            "glass.review",
            "hold.count",
            "hold.deny",
            "hold.list",
            "hold.narrow",
            "hold.show",
            "hold.sign",
            "inventory.around",
            "inventory.check",
            "key.begin",
            "key.endorse",
            "key.finish",
            "key.list",
            "key.revoke",
            "kill",
            "kill.lift",
            "kill.list",
            "kill.prepare",
            "lease.list",
            "lease.revoke",
            "login.code",
            "login.elsewhere",
            "login.finish",
            "login.options",
            "login.returned",
            "login.ways",
            "prove",
            "receipt.show",
            "receipts",
            "receipts.follow",
            "seal.show",
            "sign.options",
            "status");

    /** Where administrative acts are written down. */
    public interface Recorder {

        /** Makes {@code members} a receipt, durable when this returns its identifier. */
        String record(Json.Members members) throws LedgerUnavailableException;

        /** The same of a try by somebody who may not, for which nothing of the disk is kept. */
        String turnedAway(Json.Members members) throws LedgerUnavailableException;

        /** Writes to {@code records}. */
        static Recorder of(Records records) {
            return new Recorder() {
                @Override
                public String record(Json.Members members) throws LedgerUnavailableException {
                    return records.administered(members);
                }

                @Override
                public String turnedAway(Json.Members members) throws LedgerUnavailableException {
                    return records.turnedAway(members);
                }
            };
        }
    }

    private final Supplier<Optional<Seal>> seals;
    private final AgentCommands agents;
    private final LeaseCommands leases;
    private final KillCommands kills;
    private final FreezeCommands freezes;
    private final HoldCommands holds;
    private final GlassCommands glass;
    private final KeyCommands keys;
    private final SignInCommands elsewhere;
    private final EvidenceCommands evidence;
    private final SealCommands sealing;
    private final Supplier<Json.Members> status;
    private final InventoryCommands inventory;
    private final BackupCommands backups;
    private final ListingCommands listings;
    private final DrillCommands drills;
    private final AlertCommands alerting;
    private final ConsoleCommands console;
    private final SessionCommands sessions;
    private final RunCommands runs;
    private final Acts acts;
    private final Knocks knocks;
    private final Takers takers;

    public Administration(
            Supplier<Optional<Seal>> seals,
            AgentCommands agents,
            LeaseCommands leases,
            KillCommands kills,
            FreezeCommands freezes,
            HoldCommands holds,
            GlassCommands glass,
            KeyCommands keys,
            SignInCommands elsewhere,
            EvidenceCommands evidence,
            SealCommands sealing,
            Supplier<Json.Members> status,
            InventoryCommands inventory,
            BackupCommands backups,
            ListingCommands listings,
            DrillCommands drills,
            AlertCommands alerting,
            ConsoleCommands console,
            Recorder recorder,
            InstantSource clock,
            Consumer<Alert> alerts) {
        this.seals = seals;
        this.agents = agents;
        this.leases = leases;
        this.kills = kills;
        this.freezes = freezes;
        this.holds = holds;
        this.glass = glass;
        this.keys = keys;
        this.elsewhere = elsewhere;
        this.evidence = evidence;
        this.sealing = sealing;
        this.status = status;
        this.inventory = inventory;
        this.backups = backups;
        this.listings = listings;
        this.drills = drills;
        this.alerting = alerting;
        this.sessions = new SessionCommands(leases, alerts);
        this.console = console;
        this.acts = new Acts(recorder);
        this.runs = new RunCommands(leases, sessions, acts, clock, alerts);
        this.knocks = new Knocks(acts, clock, alerts);
        this.takers = new Takers(knocks);
    }

    @Override
    public void run(Peer peer, String command, Json.Members arguments, Answers results) throws AdminRefusedException {
        if (peer.isAtConsole() && !AT_CONSOLE.contains(command)) {
            throw new AdminRefusedException(
                    "not_entitled",
                    "This is not to be had at the console.",
                    "Ask for it at the administrative socket, by `interlock`.");
        }
        try {
            Acts.Entry entry = acts.entry(peer, command);
            switch (command) {
                case "status" -> {
                    only(arguments);
                    results.accept(status.get());
                }
                case "inventory.check" -> {
                    only(arguments);
                    results.accept(inventory.check());
                }
                case "inventory.around" -> {
                    only(arguments, "resource", "upstream");
                    results.accept(inventory.around(arguments.text("upstream"), arguments.text("resource")));
                }
                case "inventory.tokens" ->
                    results.accept(inventory.tokens(only(arguments, "upstream").optionalText("upstream")));
                case "alert.test" ->
                    results.accept(alerting.test(only(arguments, "receiver").optionalText("receiver"), entry));
                case "agent.list" -> {
                    only(arguments);
                    results.accept(agents.list(seal()));
                }
                case "agent.propose" ->
                    results.accept(agents.propose(
                            seal(), peer, only(arguments, "agent", "owner", "review_by", "teams", "users")));
                case "lease.prepare" -> results.accept(leases.prepare(taken(peer, command, arguments), arguments));
                case "lease.issue" -> {
                    Seal seal = taken(peer, command, arguments);
                    results.accept(leases.issue(seal, signed(arguments, entry), entry));
                }
                case "lease.list" -> {
                    only(arguments);
                    results.accept(leases.list(seals.get()));
                }
                case "lease.revoke", "run.close" ->
                    results.accept(leases.revoke(only(arguments, "lease").text("lease"), entry));
                case "kill" -> results.accept(kills.kill(seals.get(), peer, arguments, entry));
                case "kill.list" -> {
                    only(arguments);
                    results.accept(kills.list());
                }
                case "kill.prepare" ->
                    results.accept(kills.prepare(seal(), only(arguments, "kill").text("kill")));
                case "kill.lift" ->
                    results.accept(kills.lift(
                            seal(),
                            withSignature(Kills.NAMESPACE, only(arguments, "signature", "statement"), entry),
                            entry));
                case "freeze.list" -> {
                    only(arguments);
                    results.accept(freezes.list());
                }
                case "freeze.prepare" ->
                    results.accept(
                            freezes.prepare(seal(), only(arguments, "freeze").text("freeze")));
                case "freeze.lift" ->
                    results.accept(freezes.lift(
                            seal(),
                            withSignature(Freezes.NAMESPACE, only(arguments, "signature", "statement"), entry),
                            entry));
                case "run.open" -> {
                    Seal seal = taken(peer, command, arguments);
                    results.accept(runs.open(seal, peer, signed(arguments, entry), entry, results)
                            .with("log_key", evidence.logKey()));
                }
                case "run.hold" ->
                    results.accept(runs.hold(peer, only(arguments, "lease").text("lease"), results));
                case "run.decoys" -> results.accept(leases.arm(only(arguments, "decoys", "lease"), entry));
                case "run.renew" ->
                    results.accept(leases.renew(seal(), only(arguments, "lease").text("lease"), entry));
                case "session.record" ->
                    results.accept(sessions.record(only(arguments, "lease", "manifest_sha256"), peer, entry));
                case "backup.attest" ->
                    results.accept(backups.attest(seal(), only(arguments, "attestation", "signature"), entry));
                case "backup.looked" ->
                    results.accept(backups.looked(seal(), only(arguments, "looked", "plan"), entry));
                case "backup.practised" ->
                    results.accept(backups.practised(
                            seal(), keys, only(arguments, "rehearsal", "signature", "unsigned"), entry));
                case "backup.rehearsed" ->
                    results.accept(backups.rehearsed(seal(), peer, only(arguments, "rehearsal"), entry));
                case "backup.standing" -> {
                    only(arguments);
                    results.accept(backups.standing(seal()));
                }
                case "backup.status" ->
                    results.accept(backupStatus(only(arguments, "at").optionalText("at")));
                case "backup.listed" -> results.accept(listings.listed(peer, only(arguments, "listings")));
                case "drill.list" -> {
                    only(arguments);
                    results.accept(drills.list());
                }
                case "drill.report" -> results.accept(drills.report(only(arguments, "report"), entry));
                case "hold.list" -> results.accept(holds.list(seal(), only(arguments, "after", "limit", "state")));
                case "hold.count" -> {
                    only(arguments);
                    results.accept(holds.count(seal()));
                }
                case "hold.show" ->
                    results.accept(
                            holds.show(seal(), peer, only(arguments, "hold").text("hold")));
                case "hold.sign" ->
                    results.accept(
                            holds.sign(seal(), peer, keys, only(arguments, "hold", "signature", "typed_name"), entry));
                case "hold.narrow" ->
                    results.accept(holds.elevations()
                            .narrow(
                                    seal(),
                                    only(arguments, "environments", "hold", "impacts", "minutes", "resources"),
                                    entry));
                case "elevation.open" ->
                    results.accept(holds.elevations()
                            .open(
                                    seal(),
                                    only(
                                            arguments,
                                            "environments",
                                            "impacts",
                                            "lease",
                                            "minutes",
                                            "reason",
                                            "resources")));
                case "hold.deny" -> results.accept(holds.deny(seal(), peer, only(arguments, "hold", "reason"), entry));
                case "glass.list" -> {
                    only(arguments);
                    results.accept(glass.list(seal()));
                }
                case "glass.prepare" -> results.accept(glass.prepare(seal(), only(arguments, "hold", "reason")));
                case "glass.break" ->
                    results.accept(glass.breakIt(
                            seal(), keys, only(arguments, "hold", "reason", "signature", "typed_name"), entry));
                case "glass.prepare-review" ->
                    results.accept(glass.prepareReview(seal(), only(arguments, "finding", "hold")));
                case "glass.review" ->
                    results.accept(glass.review(
                            seal(),
                            withSignature(Review.NAMESPACE, only(arguments, "signature", "statement"), entry),
                            entry));
                case "key.list" -> {
                    only(arguments);
                    results.accept(keys.list(seal()));
                }
                case "key.invite" ->
                    results.accept(
                            keys.invite(seal(), peer, only(arguments, "person").text("person"), entry));
                case "key.begin" -> results.accept(keys.begin(seal(), peer, only(arguments, "code", "person")));
                case "key.finish" ->
                    results.accept(keys.finish(seal(), only(arguments, "code", "credential", "enrolment"), entry));
                case "key.endorse" -> results.accept(keys.endorse(seal(), only(arguments, "key", "signature"), entry));
                case "key.revoke" -> results.accept(keys.revoke(peer, only(arguments, "key", "reason"), entry));
                case "sign.options" ->
                    results.accept(keys.options(
                            seal(),
                            glass,
                            backups,
                            only(arguments, "hold", "key", "person", "reason", "statement", "unsigned")));
                case "login.options" -> {
                    only(arguments);
                    results.accept(keys.login());
                }
                case "login.finish" -> {
                    only(arguments, "assertion", "login");
                    results.accept(knocks.signIn(peer, command, () -> keys.login(seal(), arguments, entry)));
                }
                case "login.code" -> {
                    String code = only(arguments, "code").text("code");
                    results.accept(knocks.signIn(peer, command, () -> entered(code, entry)));
                }
                case "login.ways" -> {
                    only(arguments);
                    results.accept(SignInCommands.ways(seals.get()));
                }
                case "login.elsewhere" -> {
                    only(arguments);
                    results.accept(elsewhere.begin(seal()));
                }
                case "login.returned" -> {
                    only(arguments, "bindings", "code", "error", "issuer", "state");
                    results.accept(knocks.signIn(peer, command, () -> elsewhere.finish(seal(), arguments, entry)));
                }
                case "receipts" ->
                    results.accept(evidence.receipts(
                            only(arguments, "agent", "before", "from", "kind", "lease", "limit", "until")));
                case "receipt.show" ->
                    results.accept(evidence.show(only(arguments, "receipt").text("receipt")));
                case "receipts.follow" ->
                    evidence.follow(only(arguments, "agent", "kind", "last", "limit"), results::accept);
                case "prove" ->
                    results.accept(evidence.prove(only(arguments, "receipt").text("receipt")));
                case "seal.show" ->
                    results.accept(sealing.show(only(arguments, "seal").optionalText("seal")));
                case "console.code" -> {
                    only(arguments);
                    Json.Members code = console.code(peer.user());
                    entry.record(Json.object().with("expires", code.text("expires")));
                    results.accept(code);
                }
                case "console.sessions" -> {
                    only(arguments);
                    results.accept(console.sessions());
                }
                case "console.signout" ->
                    results.accept(signOut(only(arguments, "session").optionalText("session"), entry));
                case "seal.next" -> {
                    only(arguments);
                    results.accept(sealing.next());
                }
                case "seal.adopt" ->
                    results.accept(sealing.adopt(only(arguments, "envelope").text("envelope"), entry));
                default ->
                    throw new AdminRefusedException(
                            "unknown_command",
                            "There is no command `" + Arguments.printable(command) + "`.",
                            "See docs/admin.md.");
            }
        } catch (LedgerUnavailableException e) {
            throw new AdminRefusedException(
                    "unavailable",
                    "The ledger cannot record this, so it was not done.",
                    "Look at `interlock status` and the daemon's log.");
        } catch (MalformedException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            String reason = String.valueOf(e.getMessage());
            throw new AdminRefusedException(
                    AdminRefusedException.WRONG_ARGUMENT,
                    reason.endsWith(".") ? reason : reason + ".",
                    "Correct it and ask again.");
        }
    }

    @Override
    public void refused(Peer peer, String command) {
        knocks.refused(peer, command);
    }

    /** By a code of the socket's; used up, whatever comes of it. */
    private Json.Members entered(String code, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        String user = console.use(code)
                .orElseThrow(() -> new AdminRefusedException(
                        "not_entitled",
                        "This code opens nothing: it was used, or is older than five minutes.",
                        "Ask for another: interlock console"));
        Json.Members told = Json.object().with("user", user);
        entry.record(told.with("result", "accepted"));
        return told;
    }

    /** What a tool had on another day it does not say. */
    private Json.Members backupStatus(Optional<String> at) throws AdminRefusedException {
        Json.Members status = backups.status(seal(), at);
        return at.isPresent() ? status : status.with("listings", listings.list());
    }

    /** It tightens: first it takes effect, and then it is recorded if that can be. */
    private Json.Members signOut(Optional<String> session, Acts.Entry entry) {
        Json.Members told =
                Json.object().with("ended", console.signOut(session)).withOptional("session", session);
        return entry.done(told, told);
    }

    /** A request for a lease, which need not be signed. */
    private Json.Members signed(Json.Members arguments, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        return arguments.get("signature").isPresent() ? withSignature(Leases.NAMESPACE, arguments, entry) : arguments;
    }

    /** The same arguments, with the signature as rooms take it. */
    private Json.Members withSignature(String namespace, Json.Members arguments, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Bytes statement = Bytes.utf8(arguments.text("statement"));
        return arguments.with("signature", keys.given(seal(), namespace, statement, arguments, Json.object(), entry));
    }

    /** The seal, if it lets {@code peer} take leases of the agent that they name. */
    private Seal taken(Peer peer, String command, Json.Members arguments) throws AdminRefusedException {
        Seal seal = seal();
        Optional<String> agent = LeaseCommands.agent(seal, arguments);
        if (agent.isPresent()) {
            takers.require(seal, peer, command, agent.get());
        }
        return seal;
    }

    private Seal seal() throws AdminRefusedException {
        return seals.get()
                .orElseThrow(() -> new AdminRefusedException(
                        "unavailable", "No seal is in force.", "Seal the policy: interlock seal --key KEY DIRECTORY."));
    }

    /** Takes up again what was under way when the gateway ended; before anybody can ask for anything. */
    public void resume() {
        runs.resume();
    }

    /** What nobody asks for: to be called every few seconds. */
    public void tidy() {
        leases.tidy();
        runs.tidy();
        keys.tidy();
        knocks.tidy();
    }
}
