package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import dev.interlock.action.SoleOwnerRules;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.confirm.HoldTicket;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Statement;
import dev.interlock.ledger.LedgerUnavailableException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** People's commands about holds. */
public final class HoldCommands implements CommandGroup {

    private static final String SEE = "See `interlock hold list`.";

    private final HoldSigning confirmers;
    private final SignatureReader signatures;
    private final Predicate<String> isKilled;
    private final Predicate<String> isReached;
    private final ElevationCommands elevations;
    private final Consumer<Alert> alerts;

    /**
     * Wires it.
     *
     * @param isKilled whether the signatures of the person of that name count for nothing
     * @param isReached whether the receiver of alerts of that name exists, and takes them
     */
    public HoldCommands(
            HoldSigning confirmers,
            SignatureReader signatures,
            Predicate<String> isKilled,
            Predicate<String> isReached,
            ElevationCommands elevations,
            Consumer<Alert> alerts) {
        this.confirmers = confirmers;
        this.signatures = signatures;
        this.isKilled = isKilled;
        this.isReached = isReached;
        this.elevations = elevations;
        this.alerts = alerts;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                Command.of("hold.count", Entitlement.CONSOLE, Set.of(), request -> count(request.seal())),
                Command.of(
                        "hold.deny",
                        Entitlement.CONSOLE,
                        Set.of("hold", "reason"),
                        request -> deny(request.seal(), request.peer(), request.arguments(), request.entry())),
                Command.of(
                        "hold.list",
                        Entitlement.CONSOLE,
                        Set.of("after", "limit", "state"),
                        request -> list(request.seal(), request.arguments())),
                Command.of(
                        "hold.show",
                        Entitlement.CONSOLE,
                        Set.of("hold"),
                        request -> show(request.seal(), request.peer(), request.text("hold"))),
                Command.of("hold.sign", Entitlement.CONSOLE, Set.of("hold", "signature", "typed_name"), this::sign));
    }

    /** Returns all live holds and the latest that ended; or, of one state, as many as asked for. */
    private Json.Members list(Seal seal, Json.Members arguments) {
        List<HoldSigning.HoldSummary> lines = arguments.members().isEmpty()
                ? confirmers.list(seal)
                : some(seal, arguments.text("state"), arguments.optionalText("after"), limit(arguments));
        return Json.object().withItems("holds", lines.stream().map(HoldCommands::json));
    }

    private List<HoldSigning.HoldSummary> some(Seal seal, String state, Optional<String> after, int limit) {
        return switch (state) {
            case "live" -> confirmers.live(seal, after, limit);
            case "ended" -> confirmers.ended(seal, after, limit);
            default -> throw new MalformedException("`state` must be `live` or `ended`");
        };
    }

    private static int limit(Json.Members arguments) {
        long limit = arguments.get("limit").isPresent() ? arguments.whole("limit") : HoldSigning.MAX_LISTED;
        if (limit < 1 || limit > HoldSigning.MAX_LISTED) {
            throw new MalformedException("`limit` must be between 1 and " + HoldSigning.MAX_LISTED);
        }
        return (int) limit;
    }

    private Json.Members count(Seal seal) {
        HoldSigning.HoldCount count = confirmers.count(seal);
        return Json.object().with("open", count.open()).with("signed", count.signed());
    }

    private Json.Members show(Seal seal, Peer peer, String hold) throws AdminRefusedException {
        HoldSigning.HoldSheet sheet = confirmers
                .show(seal, hold)
                .orElseThrow(() -> new AdminRefusedException("not_found", "There is no hold `" + hold + "`.", SEE));
        confirmers.recordView(hold, eyes(peer));
        Json.Members shown = sheet.texts()
                .addTo(json(sheet.line()))
                .with("statement", new String(sheet.statement().toArray(), StandardCharsets.UTF_8))
                .with("rendering", sheet.text())
                .with("words", sheet.words());
        Json.Members whole = confirmers
                .elevation(hold)
                .map(elevation -> shown.with("elevation", elevation.json()))
                .orElse(shown);
        Json.Members seen = sheet.body().map(body -> whole.with("body", body)).orElse(whole);
        return seen.withOptional("name_to_type", sheet.nameToType());
    }

    /**
     * Returns who has viewed a hold. A user of the machine with a person's name is not that person. Of two sessions in
     * one person's name, somebody else may have opened one, so that a view in one does not count in the other.
     */
    private static String eyes(Peer peer) {
        return peer.isAtConsole()
                ? "session " + peer.session().orElse("none") + " of " + peer.user()
                : "user " + peer.user();
    }

    private Json.Members sign(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        AdminReceipts.ReceiptEntry entry = request.entry();
        String hold = request.text("hold");
        requireSecondAddress(seal, hold, entry);
        // A hold that does not exist takes no signature either: `sign` below refuses it, and records that.
        Bytes statement = confirmers
                .show(seal, hold)
                .map(HoldSigning.HoldSheet::statement)
                .orElse(Bytes.empty());
        String signature = signatures.read(
                request, Statement.NAMESPACE, statement, Json.object().with("hold", named(hold)));
        Optional<Duration> look = confirmers.timeSinceView(hold, eyes(request.peer()));
        boolean hasty = look.filter(since -> since.compareTo(seal.approvals().minimumReadTime()) >= 0)
                .isEmpty();
        return switch (signed(
                seal, hold, signature, request.optionalText("typed_name"), hasty ? entry.marked("hasty") : entry)) {
            case HoldSigning.SignatureResult.AcceptedSignature accepted -> {
                if (hasty) {
                    alerts.accept(hasty(accepted, look));
                }
                seal.approvals().solo().ifPresent(_ -> alerts.accept(alone(accepted)));
                boolean widens =
                        accepted.complete() && confirmers.elevation(hold).isPresent();
                yield accepted(
                        accepted,
                        !widens
                                ? "The agent may now send the identical request once."
                                : elevations.signed()
                                        ? "The lease is wider now."
                                        : "The lease will be wider once the ledger can record it.");
            }
            case HoldSigning.SignatureResult.RejectedSignature(String reason, var _) ->
                throw new AdminRefusedException(
                        "refused",
                        reason,
                        "Nothing was signed. Where a hardware key is needed, a passkey in the console counts too: `sudo"
                                + " interlock key invite PERSON` makes the first one. " + SEE);
        };
    }

    /**
     * Requires that the second address of a lone signer can be reached. Nobody else could deny what they sign; they
     * can, on another device, in time.
     */
    private void requireSecondAddress(Seal seal, String hold, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Optional<String> silent =
                seal.approvals().solo().map(SoleOwnerRules::notice).filter(isReached.negate());
        if (silent.isPresent()) {
            String reason = "A single person may sign only while alerts reach them on another "
                    + "device, but the receiver `"
                    + silent.get() + "` is not defined or does not accept alerts.";
            entry.record(Json.object()
                    .with("hold", named(hold))
                    .with("result", "rejected")
                    .with("reason", reason));
            throw new AdminRefusedException(
                    "refused",
                    reason,
                    "Define it under `alerts` in gateway.yaml, and run " + "`interlock alert test`.");
        }
    }

    private static Alert alone(HoldSigning.SignatureResult.AcceptedSignature accepted) {
        return new Alert(
                Alert.AlertKind.SIGNED_ALONE,
                Alert.Severity.ALARM,
                accepted.person() + " signed alone; no other person is asked. If that was not "
                        + "you: interlock hold deny "
                        + accepted.ticket().id() + ". " + accepted.ticket().summary(),
                Map.of(
                        Alert.HOLD,
                        accepted.ticket().id(),
                        "person",
                        accepted.person(),
                        "until",
                        accepted.ticket().missing().isEmpty()
                                ? "now"
                                : String.join("; ", accepted.ticket().missing())),
                Optional.empty());
    }

    private static Alert hasty(HoldSigning.SignatureResult.AcceptedSignature accepted, Optional<Duration> look) {
        return new Alert(
                Alert.AlertKind.HASTY_SIGNATURE,
                Alert.Severity.WARNING,
                accepted.person() + " signed " + accepted.ticket().id()
                        + look.map(since ->
                                        " " + since.toMillis() / 1000.0 + " seconds after it was first shown to them.")
                                .orElse(" but this gateway had not shown it to them."),
                Map.of("hold", accepted.ticket().id(), "person", accepted.person()),
                Optional.empty());
    }

    /** Signs. Every try is recorded with its result, before the result takes effect. */
    private HoldSigning.SignatureResult signed(
            Seal seal, String hold, String signature, Optional<String> typed, AdminReceipts.ReceiptEntry entry)
            throws LedgerUnavailableException {
        try {
            return confirmers.sign(
                    seal, hold, signature, typed, signing -> recordUnlessKilled(seal, entry, hold, signing));
        } catch (ReceiptFailedException e) {
            throw e.cause;
        } catch (KilledSignerException e) {
            entry.record(resultJson(hold, e.rejected));
            e.rejected
                    .owner()
                    .flatMap(HoldSigning.SignatureOwner::person)
                    .filter(person -> confirmers.hasSignedEnough(seal, person))
                    .ifPresent(person -> alerts.accept(new Alert(
                            Alert.AlertKind.SIGNATURE_LIMIT,
                            Alert.Severity.ALARM,
                            e.rejected.reason(),
                            Map.of("person", person, "hold", hold),
                            Optional.empty())));
            return e.rejected;
        }
    }

    /** Runs inside the store's transaction, which an exception undoes. */
    private void recordUnlessKilled(
            Seal seal, AdminReceipts.ReceiptEntry entry, String hold, HoldSigning.SignatureResult signing) {
        if (signing instanceof HoldSigning.SignatureResult.AcceptedSignature accepted
                && confirmers.hasSignedEnough(seal, accepted.person())) {
            throw new KilledSignerException(new HoldSigning.SignatureResult.RejectedSignature(
                    "`" + accepted.person() + "` has signed " + seal.approvals().signaturesPerHour()
                            + " times within an hour, which is the limit: another person may "
                            + "sign, or the same person later.",
                    Optional.of(accepted.owner())));
        }
        if (signing instanceof HoldSigning.SignatureResult.AcceptedSignature accepted
                && isKilled.test(accepted.person())) {
            throw KilledSignerException.of(accepted);
        }
        record(entry, resultJson(hold, signing));
    }

    /** Carries a signature that does not count out of the store's transaction, which it undoes. */
    static final class KilledSignerException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final transient HoldSigning.SignatureResult.RejectedSignature rejected;

        private KilledSignerException(HoldSigning.SignatureResult.RejectedSignature rejected) {
            super(rejected.reason());
            this.rejected = rejected;
        }

        static KilledSignerException of(HoldSigning.SignatureResult.AcceptedSignature accepted) {
            return new KilledSignerException(new HoldSigning.SignatureResult.RejectedSignature(
                    "`" + accepted.person() + "` is stopped by a kill and cannot sign.",
                    Optional.of(accepted.owner())));
        }

        HoldSigning.SignatureResult.RejectedSignature rejected() {
            return rejected;
        }
    }

    static void record(AdminReceipts.ReceiptEntry entry, Json.Members told) {
        try {
            entry.record(told);
        } catch (LedgerUnavailableException e) {
            throw new ReceiptFailedException(e);
        }
    }

    /** Carries the ledger's failure out of the store's transaction, which it undoes. */
    static final class ReceiptFailedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final LedgerUnavailableException cause;

        private ReceiptFailedException(LedgerUnavailableException cause) {
            super(cause);
            this.cause = cause;
        }

        LedgerUnavailableException cause() {
            return cause;
        }
    }

    static Json.Members resultJson(String hold, HoldSigning.SignatureResult signing) {
        Json.Members told = Json.object().with("hold", named(hold));
        return switch (signing) {
            case HoldSigning.SignatureResult.AcceptedSignature accepted ->
                by(told, accepted.owner()).with("result", "accepted").with("complete", accepted.complete());
            case HoldSigning.SignatureResult.RejectedSignature(
                    String reason,
                    Optional<HoldSigning.SignatureOwner> hand) -> {
                Json.Members rejected = told.with("result", "rejected").with("reason", reason);
                yield hand.map(known -> by(rejected, known)).orElse(rejected);
            }
        };
    }

    /** Returns {@code hold} as a receipt can hold it: a peer can invent any name. */
    static String named(String hold) {
        return hold.matches("H-[0-9A-Z]{1,40}") ? hold : Arguments.printable(hold);
    }

    private static Json.Members by(Json.Members told, HoldSigning.SignatureOwner hand) {
        Json.Members by = told.with("key", hand.fingerprint())
                .with("key_class", hand.keyClass().word());
        return hand.person().map(person -> by.with("signer", person)).orElse(by);
    }

    private static Json.Members accepted(HoldSigning.SignatureResult.AcceptedSignature accepted, String now) {
        String strength = accepted.owner().keyClass().word();
        return Json.object()
                .with("person", accepted.person())
                .with("key_class", strength)
                .with("weak", strength.equals("software"))
                .withTexts("missing", accepted.ticket().missing())
                .with("result", sentence(accepted, now));
    }

    private static String sentence(HoldSigning.SignatureResult.AcceptedSignature accepted, String now) {
        HoldTicket ticket = accepted.ticket();
        String missing =
                ticket.missing().isEmpty() ? now : "Still missing: " + String.join("; ", ticket.missing()) + ".";
        return accepted.person() + " has signed " + ticket.id() + ". " + missing;
    }

    private Json.Members deny(Seal seal, Peer peer, Json.Members arguments, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException {
        String hold = arguments.text("hold");
        String reason = arguments.text("reason");
        return switch (confirmers.deny(seal, hold, known(peer), reason)) {
            case HoldSigning.DenialResult.DeniedAndEnded(HoldTicket ticket) -> denied(ticket, reason, entry);
            case HoldSigning.DenialResult.NothingToDeny(String why) ->
                throw new AdminRefusedException("refused", why, SEE);
        };
    }

    /** Returns the name of who denies. A user of the machine is none of the seal's people, even with the same name. */
    private static String known(Peer peer) {
        return peer.person().orElse("the administrator `" + peer.user() + "`");
    }

    /** Records a denial, which has taken effect already. */
    private static Json.Members denied(HoldTicket ticket, String reason, AdminReceipts.ReceiptEntry entry) {
        Json.Members result = Json.object().with("hold", ticket.id());
        return entry.done(result, result.with("reason", reason));
    }

    private static Json.Members json(HoldSigning.HoldSummary line) {
        Json.Members known = Json.object()
                .with("id", line.ticket().id())
                .with("kind", line.isElevation() ? "elevation" : "call")
                .with("alike", line.alike())
                .with("state", line.state())
                .with("summary", line.ticket().summary())
                .with("agent", line.asked().text("agent"))
                .with("person", line.asked().text("person"))
                .with("task", line.asked().text("task"))
                .with("upstream", line.asked().text("upstream"))
                .with("opened_at", line.asked().text("opened_at"))
                .withTexts("covers", line.ticket().covers())
                .with("sign_by", line.signBy().toString())
                .withTexts("missing", line.ticket().missing())
                .withTexts("signers", line.signers().stream().map(Confirmation.ConfirmationSigner::person))
                .with("ending", line.ending());
        return line.usable()
                .map(usable -> known.with("usable_from", usable.from().toString())
                        .with("usable_until", usable.until().toString()))
                .orElse(known);
    }
}
