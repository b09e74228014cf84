package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.Confirmers;
import dev.interlock.confirm.HoldTicket;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The people's side of holds. */
public final class HoldCommands {

    private static final String SEE = "See `interlock hold list`.";

    private final Confirmers confirmers;

    public HoldCommands(Confirmers confirmers) {
        this.confirmers = confirmers;
    }

    Json.Members list(Seal seal) {
        return Json.object()
                .with(
                        "holds",
                        new Json.Array(confirmers.list(seal).stream()
                                .<Json>map(HoldCommands::json)
                                .toList()));
    }

    Json.Members show(Seal seal, String hold) throws AdminRefusedException {
        Confirmers.Sheet sheet = confirmers
                .show(seal, hold)
                .orElseThrow(() -> new AdminRefusedException("not_found", "There is no hold `" + hold + "`.", SEE));
        Json.Members shown = json(sheet.line())
                .with("statement", new String(sheet.statement().toArray(), StandardCharsets.UTF_8))
                .with("rendering", sheet.text())
                .with("words", sheet.words());
        return sheet.nameToType().map(name -> shown.with("name_to_type", name)).orElse(shown);
    }

    Json.Members sign(Seal seal, Json.Members arguments, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        String hold = arguments.text("hold");
        // Written before it takes effect: a signature that counts is on record, whatever happens next.
        entry.record(Json.object().with("hold", hold));
        return switch (confirmers.sign(seal, hold, arguments.text("signature"), arguments.optionalText("typed_name"))) {
            case Confirmers.Signing.Accepted accepted -> accepted(accepted);
            case Confirmers.Signing.Rejected(String reason) ->
                throw new AdminRefusedException("refused", reason, "Nothing was signed. " + SEE);
        };
    }

    private static Json.Members accepted(Confirmers.Signing.Accepted accepted) {
        String strength = accepted.keyClass().name().toLowerCase(Locale.ROOT);
        return Json.object()
                .with("person", accepted.person())
                .with("key_class", strength)
                .with("weak", strength.equals("software"))
                .withTexts("missing", accepted.ticket().missing())
                .with("result", sentence(accepted));
    }

    private static String sentence(Confirmers.Signing.Accepted accepted) {
        HoldTicket ticket = accepted.ticket();
        String missing = ticket.missing().isEmpty()
                ? "The agent may now send the identical request, once."
                : "Still missing: " + String.join("; ", ticket.missing()) + ".";
        return accepted.person() + " has signed " + ticket.id() + ". " + missing;
    }

    Json.Members deny(Seal seal, Peer peer, Json.Members arguments, Acts.Entry entry) throws AdminRefusedException {
        String hold = arguments.text("hold");
        String reason = arguments.text("reason");
        return switch (confirmers.deny(seal, hold, peer.user(), reason)) {
            case Confirmers.Ending.Ended(HoldTicket ticket) -> denied(ticket, reason, entry);
            case Confirmers.Ending.Unmoved(String why) -> throw new AdminRefusedException("refused", why, SEE);
        };
    }

    /** A no takes effect first and alone, as all tightening does. */
    private static Json.Members denied(HoldTicket ticket, String reason, Acts.Entry entry) {
        Json.Members result = Json.object().with("hold", ticket.id());
        try {
            entry.record(result.with("reason", reason));
        } catch (LedgerUnavailableException e) {
            return result.with("recorded", false);
        }
        return result.with("recorded", true);
    }

    private static Json.Members json(Confirmers.Line line) {
        return Json.object()
                .with("id", line.ticket().id())
                .with("state", line.state())
                .with("summary", line.ticket().summary())
                .with("expires", line.ticket().expires().toString())
                .withTexts("missing", line.ticket().missing())
                .withTexts(
                        "signers",
                        line.signers().stream().map(Confirmation.Signer::person).toList())
                .with("ending", line.ending());
    }
}
