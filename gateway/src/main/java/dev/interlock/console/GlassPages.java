package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/** The pages about break-glass: its uses, their reviews, and how to use it. */
final class GlassPages {

    /** One use of break-glass. */
    record Broken(
            String hold, String summary, String person, String reason, HoldView.When at, Optional<Reviewed> reviewed) {

        static Broken of(Json.Members one) {
            return new Broken(
                    one.text("hold"),
                    Shown.sentence(one.text("summary")),
                    Shown.text(one, "person"),
                    Shown.sentence(one.text("reason")),
                    HoldView.When.of(one.text("at")),
                    one.optionalText("reviewed_by").map(by -> Reviewed.of(one)));
        }
    }

    /** A person's review of it. */
    record Reviewed(String by, String finding, HoldView.When at) {

        static Reviewed of(Json.Members one) {
            return new Reviewed(
                    Shown.text(one, "reviewed_by"),
                    Shown.sentence(one.text("finding")),
                    HoldView.When.of(one.text("reviewed_at")));
        }
    }

    /** The rule of the seal about what one person may do alone. */
    record Rule(String by, List<String> waives, long left) {

        static Optional<Rule> of(Json.Members list) {
            return list.get("left").isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Rule(Shown.text(list, "by"), Shown.texts(list, "waives"), list.whole("left")));
        }

        boolean waivesWait() {
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
    static Optional<Rule> rule(Asked asked) throws AdminRefusedException {
        return Rule.of(asked.ask("break-glass.list")).filter(rule -> rule.left() > 0);
    }

    Answer page(Asked asked) throws AdminRefusedException {
        Json.Members list = asked.ask("break-glass.list");
        List<Broken> broken = list.objects("broken").stream().map(Broken::of).toList();
        Optional<Rule> rule = Rule.of(list);
        Layout layout = new Layout("Break-glass", "/holds", asked.session());
        return Answer.page(
                Templates.render((output, none) -> JteglassGenerated.render(output, none, layout, broken, rule)));
    }

    /** Returns the statement that a passkey has to sign so that this person alone releases the hold. */
    Answer options(Asked asked) throws AdminRefusedException {
        return new Answer.Data(
                200,
                asked.ask(
                        "sign.options",
                        Json.object()
                                .with("hold", asked.id())
                                .with("reason", asked.field("reason").orElse(""))
                                .with("person", asked.signer())));
    }

    Answer sign(Asked asked) throws AdminRefusedException {
        return new Answer.Data(
                200,
                asked.ask(
                        "break-glass.sign",
                        Json.object()
                                .with("hold", asked.id())
                                .with("reason", asked.field("reason").orElse(""))
                                .with("signature", asked.fields().getOrDefault("signature", ""))
                                .with("typed_name", asked.fields().getOrDefault("typed_name", ""))));
    }

    /** Returns the statement that a reviewer has to sign. */
    Answer reviewOptions(Asked asked) throws AdminRefusedException {
        String statement = asked.ask(
                        "break-glass.review.prepare",
                        Json.object()
                                .with("hold", asked.id())
                                .with("finding", asked.field("finding").orElse("")))
                .text("statement");
        return new Answer.Data(
                200,
                asked.ask(
                        "sign.options",
                        Json.object().with("person", asked.signer()).with("statement", statement)));
    }

    Answer review(Asked asked) throws AdminRefusedException {
        return new Answer.Data(
                200,
                asked.ask(
                        "break-glass.review",
                        Json.object()
                                .with("statement", asked.fields().getOrDefault("statement", ""))
                                .with("signature", asked.fields().getOrDefault("signature", ""))));
    }
}
