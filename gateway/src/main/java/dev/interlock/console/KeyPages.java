package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** The pages about passkeys: their owners, how to enrol a new one, and how to revoke one. */
final class KeyPages {

    private final InstantSource clock;

    KeyPages(InstantSource clock) {
        this.clock = clock;
    }

    /** A passkey. */
    record Key(String id, String person, String state, String strength, String since, String words) {

        boolean isWaiting() {
            return state.equals("waiting");
        }

        boolean isOver() {
            return state.equals("revoked");
        }
    }

    Answer page(Asked asked) throws AdminRefusedException {
        List<Key> keys = asked.ask("passkey.list").objects("keys").stream()
                .map(key -> new Key(
                        Shown.text(key, "id"),
                        Shown.text(key, "person"),
                        Shown.text(key, "state"),
                        (Shown.text(key, "class") + " " + Shown.text(key, "basis")).strip(),
                        key.optionalText("made_at").map(Shown::time).orElse(""),
                        Shown.text(key, "words")))
                .toList();
        Layout layout = new Layout("Passkeys", "", asked.session());
        String person = asked.signedIn().peer().person().orElse("");
        String now = Shown.time(clock.instant());
        return Answer.page(
                Templates.render((output, none) -> JtekeysGenerated.render(output, none, layout, keys, person, now)));
    }

    Answer begin(Asked asked) throws AdminRefusedException {
        return new Answer.Data(
                200,
                asked.ask(
                        "passkey.register",
                        Json.object()
                                .with("person", asked.field("person").orElse(""))
                                .withOptional("code", asked.field("code"))));
    }

    Answer finish(Asked asked) throws AdminRefusedException {
        return new Answer.Data(
                200,
                asked.ask(
                        "passkey.register.finish",
                        Json.object()
                                .with("enrolment", asked.field("enrolment").orElse(""))
                                .with("credential", asked.field("credential").orElse(""))
                                .withOptional("code", asked.field("code"))));
    }

    /** Returns the statement that another person's passkey has to sign to certify this one. */
    Answer options(Asked asked) throws AdminRefusedException {
        return new Answer.Data(
                200,
                asked.ask("sign.options", Json.object().with("key", asked.id()).with("person", asked.signer())));
    }

    Answer endorse(Asked asked) throws AdminRefusedException {
        return new Answer.Data(
                200,
                asked.ask(
                        "passkey.endorse",
                        Json.object()
                                .with("key", asked.id())
                                .with("signature", asked.fields().getOrDefault("signature", ""))));
    }

    Answer revoke(Asked asked) throws AdminRefusedException {
        Optional<String> reason = asked.field("reason");
        return asked.act(
                "passkey.revoke", Json.object().with("key", asked.id()).with("reason", reason.orElse("")), "/keys");
    }
}
