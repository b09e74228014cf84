package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** The page about passkeys: their owners, how to enrol a new one, and how to revoke one. It shows devices as well. */
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

    ConsoleAnswer page(ConsoleRequest request) throws AdminRefusedException {
        List<Key> keys = request.ask("passkey.list").objects("keys").stream()
                .map(key -> new Key(
                        DisplayText.text(key, "id"),
                        DisplayText.text(key, "person"),
                        DisplayText.text(key, "state"),
                        (DisplayText.text(key, "class") + " " + DisplayText.text(key, "basis")).strip(),
                        key.optionalText("made_at").map(DisplayText::time).orElse(""),
                        DisplayText.text(key, "words")))
                .toList();
        Layout layout = new Layout("Passkeys and devices", "", request.session());
        String person = request.signedIn().peer().person().orElse("");
        String now = DisplayText.time(clock.instant());
        DevicePages.DeviceList devices = DevicePages.list(request);
        return ConsoleAnswer.page(Templates.render(
                (output, none) -> JtekeysGenerated.render(output, none, layout, keys, devices, person, now)));
    }

    ConsoleAnswer begin(ConsoleRequest request) throws AdminRefusedException {
        return new ConsoleAnswer.Data(
                200,
                request.ask(
                        "passkey.register",
                        Json.object()
                                .with("person", request.field("person").orElse(""))
                                .withOptional("code", request.field("code"))));
    }

    ConsoleAnswer finish(ConsoleRequest request) throws AdminRefusedException {
        return new ConsoleAnswer.Data(
                200,
                request.ask(
                        "passkey.register.finish",
                        Json.object()
                                .with("enrolment", request.field("enrolment").orElse(""))
                                .with("credential", request.field("credential").orElse(""))
                                .withOptional("code", request.field("code"))));
    }

    /** Returns the statement that another person's passkey has to sign to certify this one. */
    ConsoleAnswer options(ConsoleRequest request) throws AdminRefusedException {
        return new ConsoleAnswer.Data(
                200,
                request.ask(
                        "sign.options", Json.object().with("key", request.id()).with("person", request.signer())));
    }

    ConsoleAnswer endorse(ConsoleRequest request) throws AdminRefusedException {
        return new ConsoleAnswer.Data(
                200,
                request.ask(
                        "passkey.endorse",
                        Json.object()
                                .with("key", request.id())
                                .with("signature", request.fields().getOrDefault("signature", ""))));
    }

    ConsoleAnswer revoke(ConsoleRequest request) throws AdminRefusedException {
        Optional<String> reason = request.field("reason");
        return request.act(
                "passkey.revoke", Json.object().with("key", request.id()).with("reason", reason.orElse("")), "/keys");
    }
}
