package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.BreakGlassHolds;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.evidence.BreakGlass;
import dev.interlock.evidence.BreakGlassReview;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import dev.interlock.ledger.LedgerUnavailableException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Commands for break-glass: one person's signature in the place of what policy asks for, which alerts everybody and is
 * reviewed later.
 */
public final class BreakGlassCommands implements CommandGroup {

    private static final String SEE = "See `interlock break-glass list`.";

    private final BreakGlassHolds glass;
    private final SignatureReader signatures;
    private final Predicate<String> isKilled;
    private final Consumer<Alert> alerts;

    /**
     * Wires it.
     *
     * @param isKilled whether the signatures of the person of that name count for nothing
     */
    public BreakGlassCommands(
            BreakGlassHolds glass, SignatureReader signatures, Predicate<String> isKilled, Consumer<Alert> alerts) {
        this.glass = glass;
        this.signatures = signatures;
        this.isKilled = isKilled;
        this.alerts = alerts;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                Command.of("break-glass.list", Entitlement.CONSOLE, Set.of(), request -> list(request.seal())),
                Command.of(
                        "break-glass.prepare",
                        Entitlement.CONSOLE,
                        Set.of("hold", "reason"),
                        request -> prepare(request.seal(), request.arguments())),
                Command.of(
                        "break-glass.sign",
                        Entitlement.CONSOLE,
                        Set.of("hold", "reason", "signature", "typed_name"),
                        this::breakIt),
                Command.of(
                        "break-glass.review.prepare",
                        Entitlement.CONSOLE,
                        Set.of("finding", "hold"),
                        request -> prepareReview(request.seal(), request.arguments())),
                Command.of("break-glass.review", Entitlement.CONSOLE, Set.of("signature", "statement"), this::review));
    }

    /** Returns the past uses of break-glass, and how many more the seal allows. */
    private Json.Members list(Seal seal) {
        Json.Members result =
                Json.object().withItems("broken", glass.list().stream().map(BreakGlassCommands::described));
        Optional<BreakGlass> sealed = seal.approvals().breakGlass();
        return sealed.map(rule -> result.with("by", rule.by())
                        .withTexts("waives", rule.waives())
                        .with(
                                "left",
                                Math.max(0, rule.atMost() - glass.unreviewed().size())))
                .orElse(result);
    }

    private static Json.Members described(BreakGlassHolds.BreakGlassRecord broken) {
        Json.Members known = Json.object()
                .with("hold", broken.hold())
                .with("statement_sha256", broken.statement())
                .with("summary", broken.summary())
                .with("person", broken.person())
                .with("reason", broken.reason())
                .with("at", broken.at().toString());
        return broken.reviewed()
                .map(review -> known.with("reviewed_by", review.by())
                        .with("reviewed_at", review.at().toString())
                        .with("finding", review.finding()))
                .orElse(known);
    }

    /**
     * Returns the statement to sign. Nothing changes and nothing is recorded: only a signature under it has an effect.
     */
    private Json.Members prepare(Seal seal, Json.Members arguments) throws AdminRefusedException {
        BreakGlassHolds.BreakGlassSheet sheet = sheet(seal, arguments);
        return sheet.texts()
                .addTo(Json.object())
                .with("statement", text(sheet.statement().toArray()))
                .with("rendering", sheet.text())
                .with("words", sheet.words())
                .with("name_to_type", sheet.nameToType());
    }

    BreakGlassHolds.BreakGlassSheet sheet(Seal seal, Json.Members arguments) throws AdminRefusedException {
        return switch (glass.ask(seal, arguments.text("hold"), arguments.text("reason"))) {
            case BreakGlassHolds.BreakGlassOffer.OfferedSheet(BreakGlassHolds.BreakGlassSheet sheet) -> sheet;
            case BreakGlassHolds.BreakGlassOffer.RefusedOffer(String reason) ->
                throw new AdminRefusedException("refused", reason, SEE);
        };
    }

    /**
     * Takes the signature. Every try is recorded; the receipt of one that counts has all that proves it, and is durable
     * before it takes effect.
     */
    private Json.Members breakIt(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        String hold = request.text("hold");
        String reason = request.text("reason");
        Json.Members about = Json.object().with("hold", HoldCommands.named(hold));
        Bytes statement = switch (glass.ask(seal, hold, reason)) {
            case BreakGlassHolds.BreakGlassOffer.OfferedSheet(BreakGlassHolds.BreakGlassSheet sheet) ->
                sheet.statement();
            case BreakGlassHolds.BreakGlassOffer.RefusedOffer _ ->
                Bytes.empty(); // the signature is refused below, and the receipt says why
        };
        String signature = signatures.read(request, Statement.NAMESPACE, statement, about);
        HoldSigning.SignatureResult signing = signed(request, hold, reason, signature);
        return switch (signing) {
            case HoldSigning.SignatureResult.AcceptedSignature accepted -> {
                alerts.accept(alert(
                        Alert.Severity.ALARM,
                        accepted.person() + " used break-glass and signs alone for what policy "
                                + "requires: "
                                + accepted.ticket().summary() + " Why: " + reason,
                        Map.of(
                                Alert.HOLD,
                                hold,
                                "person",
                                accepted.person(),
                                "words",
                                accepted.ticket().words())));
                yield Json.object()
                        .with("person", accepted.person())
                        .with("hold", hold)
                        .with(
                                "result",
                                accepted.person() + " used break-glass for " + hold + ". The "
                                        + "agent may send the identical request once. "
                                        + "Everybody is notified; another person must review "
                                        + "it: interlock break-glass review " + hold);
            }
            case HoldSigning.SignatureResult.RejectedSignature(String why, var hand) -> {
                alerts.accept(alert(
                        Alert.Severity.WARNING,
                        "An attempt to use break-glass failed: " + why,
                        hand.flatMap(HoldSigning.SignatureOwner::person)
                                .map(person -> Map.of(Alert.HOLD, HoldCommands.named(hold), "person", person))
                                .orElse(Map.of(Alert.HOLD, HoldCommands.named(hold)))));
                throw new AdminRefusedException("refused", why, "Break-glass was not used. " + SEE);
            }
        };
    }

    private static Alert alert(Alert.Severity severity, String summary, Map<String, String> facts) {
        return new Alert(Alert.AlertKind.BREAK_GLASS, severity, summary, facts, Optional.empty());
    }

    private HoldSigning.SignatureResult signed(AdminRequest request, String hold, String reason, String signature)
            throws AdminRefusedException, LedgerUnavailableException {
        AdminReceipts.ReceiptEntry entry = request.entry();
        try {
            return glass.sign(
                    request.seal(),
                    hold,
                    reason,
                    signature,
                    request.optionalText("typed_name"),
                    (signing, statement) -> record(entry, hold, signing, statement, signature));
        } catch (HoldCommands.ReceiptFailedException e) {
            throw e.cause();
        } catch (HoldCommands.KilledSignerException e) {
            entry.record(HoldCommands.resultJson(hold, e.rejected()));
            return e.rejected();
        }
    }

    /** Runs inside the store's transaction, which an exception undoes. */
    private void record(
            AdminReceipts.ReceiptEntry entry,
            String hold,
            HoldSigning.SignatureResult signing,
            Optional<Statement> statement,
            String signature) {
        if (signing instanceof HoldSigning.SignatureResult.AcceptedSignature accepted
                && isKilled.test(accepted.person())) {
            throw HoldCommands.KilledSignerException.of(accepted);
        }
        Json.Members told = HoldCommands.resultJson(hold, signing);
        boolean counts = signing instanceof HoldSigning.SignatureResult.AcceptedSignature;
        HoldCommands.record(
                entry,
                statement
                        .filter(_ -> counts)
                        .map(signed -> told.with("seal", signed.seal())
                                .with("agent", signed.agent())
                                .with(
                                        "confirmation",
                                        Json.object()
                                                .with("statement", signed.json())
                                                .with("signatures", new Json.Array(List.of(new Json.Text(signature))))))
                        .orElse(told));
    }

    /** Returns the statement that the reviewer signs. */
    private Json.Members prepareReview(Seal seal, Json.Members arguments) throws AdminRefusedException {
        String hold = arguments.text("hold");
        BreakGlassReview review = glass.review(seal, hold, arguments.text("finding"))
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "No review is pending for a hold `" + hold + "` is missing.", SEE));
        return Json.object().with("statement", text(review.canonical()));
    }

    /** Takes a signed review. Every try is recorded; a review counts after its receipt is durable. */
    private Json.Members review(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        AdminReceipts.ReceiptEntry entry = request.entry();
        Json.Members arguments = signatures.ofStatement(request, BreakGlassReview.NAMESPACE);
        byte[] statement = Bytes.utf8(arguments.text("statement")).toArray();
        String signature = arguments.text("signature");
        return switch (reviewing(seal, statement, signature)) {
            case BreakGlassHolds.ReviewResult.DeniedReview(String reason) -> {
                entry.record(Json.object().with("result", "rejected").with("reason", reason));
                throw new AdminRefusedException("refused", reason, "Nothing was reviewed. " + SEE);
            }
            case BreakGlassHolds.ReviewResult.AllowedReview allowed -> {
                entry.record(Json.object()
                        .with("hold", allowed.review().hold())
                        .with("result", "accepted")
                        .with("signer", allowed.signer().person())
                        .with("key", allowed.signer().key())
                        .with("key_class", allowed.signer().keyClass().word())
                        .with("review", allowed.review().json())
                        .with("signature", signature));
                if (!glass.recordReview(allowed)) {
                    throw new AdminRefusedException("not_found", "It has been reviewed already.", SEE);
                }
                alerts.accept(alert(
                        Alert.Severity.INFO,
                        allowed.signer().person() + " has reviewed what "
                                + allowed.review().by() + " did with break-glass: "
                                + allowed.review().finding(),
                        Map.of(Alert.HOLD, allowed.review().hold())));
                yield Json.object()
                        .with("hold", allowed.review().hold())
                        .with("person", allowed.signer().person())
                        .with("result", allowed.signer().person() + " has reviewed it.");
            }
        };
    }

    private BreakGlassHolds.ReviewResult reviewing(Seal seal, byte[] statement, String signature) {
        BreakGlassHolds.ReviewResult reviewing = glass.checkReview(seal, statement, signature);
        return reviewing instanceof BreakGlassHolds.ReviewResult.AllowedReview(var _, var signer)
                        && isKilled.test(signer.person())
                ? new BreakGlassHolds.ReviewResult.DeniedReview(
                        "`" + signer.person() + "` is stopped by a kill and" + " cannot sign.")
                : reviewing;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
