package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/** The pages about break-glass: its uses, their reviews, and how to use it. */
final class BreakGlassPages {

    /** One use of break-glass. */
    record BreakGlassRow(
            String hold,
            String summary,
            String person,
            String reason,
            HoldView.DisplayTime at,
            Optional<BreakGlassReviewRow> reviewed) {

        static BreakGlassRow of(Json.Members one) {
            return new BreakGlassRow(
                    one.text("hold"),
                    DisplayText.sentence(one.text("summary")),
                    DisplayText.text(one, "person"),
                    DisplayText.sentence(one.text("reason")),
                    HoldView.DisplayTime.of(one.text("at")),
                    one.optionalText("reviewed_by").map(by -> BreakGlassReviewRow.of(one)));
        }
    }

    /** A person's review of it. */
    record BreakGlassReviewRow(String by, String finding, HoldView.DisplayTime at) {

        static BreakGlassReviewRow of(Json.Members one) {
            return new BreakGlassReviewRow(
                    DisplayText.text(one, "reviewed_by"),
                    DisplayText.sentence(one.text("finding")),
                    HoldView.DisplayTime.of(one.text("reviewed_at")));
        }
    }

    /** The rule of the seal about what one person may do alone. */
    record BreakGlassAllowance(String by, List<String> waives, long left) {

        static Optional<BreakGlassAllowance> of(Json.Members list) {
            return list.get("left").isEmpty()
                    ? Optional.empty()
                    : Optional.of(new BreakGlassAllowance(
                            DisplayText.text(list, "by"), DisplayText.texts(list, "waives"), list.whole("left")));
        }

        boolean waivesDelay() {
            return waives.contains("cooldown");
        }

        String words() {
            return "signatures that policy requires"
                    + (waives.contains("other") ? ", also that of another person" : "")
                    + (waives.contains("cooldown") ? ", and of the waiting time" : "")
                    + (waives.contains("backup") ? ", and of the required backup" : "");
        }
    }

    /** Returns the seal's rule for the person who asks about a hold, if there is one. */
    static Optional<BreakGlassAllowance> rule(ConsoleRequest request) throws AdminRefusedException {
        return BreakGlassAllowance.of(request.ask("break-glass.list")).filter(rule -> rule.left() > 0);
    }

    ConsoleAnswer page(ConsoleRequest request) throws AdminRefusedException {
        Json.Members list = request.ask("break-glass.list");
        List<BreakGlassRow> broken =
                list.objects("broken").stream().map(BreakGlassRow::of).toList();
        Optional<BreakGlassAllowance> rule = BreakGlassAllowance.of(list);
        Layout layout = new Layout("Break-glass", "/holds", request.session());
        return ConsoleAnswer.page(
                Templates.render((output, none) -> JtebreakglassGenerated.render(output, none, layout, broken, rule)));
    }

    /** Returns the statement that a passkey has to sign so that this person alone releases the hold. */
    ConsoleAnswer options(ConsoleRequest request) throws AdminRefusedException {
        return new ConsoleAnswer.Data(
                200,
                request.ask(
                        "sign.options",
                        Json.object()
                                .with("hold", request.id())
                                .with("reason", request.field("reason").orElse(""))
                                .with("person", request.signer())));
    }

    ConsoleAnswer sign(ConsoleRequest request) throws AdminRefusedException {
        return new ConsoleAnswer.Data(
                200,
                request.ask(
                        "break-glass.sign",
                        Json.object()
                                .with("hold", request.id())
                                .with("reason", request.field("reason").orElse(""))
                                .with("signature", request.fields().getOrDefault("signature", ""))
                                .with("typed_name", request.fields().getOrDefault("typed_name", ""))));
    }

    /** Returns the statement that a reviewer has to sign. */
    ConsoleAnswer reviewOptions(ConsoleRequest request) throws AdminRefusedException {
        String statement = request.ask(
                        "break-glass.review.prepare",
                        Json.object()
                                .with("hold", request.id())
                                .with("finding", request.field("finding").orElse("")))
                .text("statement");
        return new ConsoleAnswer.Data(
                200,
                request.ask(
                        "sign.options",
                        Json.object().with("person", request.signer()).with("statement", statement)));
    }

    ConsoleAnswer review(ConsoleRequest request) throws AdminRefusedException {
        return new ConsoleAnswer.Data(
                200,
                request.ask(
                        "break-glass.review",
                        Json.object()
                                .with("statement", request.fields().getOrDefault("statement", ""))
                                .with("signature", request.fields().getOrDefault("signature", ""))));
    }
}
