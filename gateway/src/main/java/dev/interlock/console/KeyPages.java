package dev.interlock.console;

import dev.interlock.action.Secret;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.time.InstantSource;
import java.util.List;

/** The page about passkeys: their owners, how to enrol a new one, and how to revoke one. It shows devices as well. */
record KeyPages(InstantSource clock) {

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
        List<Key> keys = request.ask(new PersonQuestion.ListPasskeys()).keys().stream()
                .map(key -> new Key(
                        DisplayText.text(key.id()),
                        DisplayText.text(key.person()),
                        DisplayText.text(key.state()),
                        (key.keyClass().orElse("") + " " + key.basis().orElse("")).strip(),
                        DisplayText.time(key.madeAt()),
                        key.words().orElse("")))
                .toList();
        Layout layout = new Layout("Passkeys and devices", "", request.session());
        String person = request.signedIn().peer().person().orElse("");
        String now = DisplayText.time(clock.instant());
        DevicePages.DeviceList devices = DevicePages.list(request);
        return ConsoleAnswer.page(Templates.render(
                (output, none) -> JtekeysGenerated.render(output, none, layout, keys, devices, person, now)));
    }

    ConsoleAnswer begin(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(new PersonQuestion.BeginPasskey(
                request.field("person").orElse(""), request.field("code").map(Secret::new))));
    }

    ConsoleAnswer finish(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(new PersonQuestion.FinishPasskey(
                request.field("enrolment").orElse(""),
                new Json.Text(request.field("credential").orElse("")),
                request.field("code").map(Secret::new))));
    }

    /** Returns the statement that another person's passkey has to sign to certify this one. */
    ConsoleAnswer options(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(PersonQuestion.PrepareSignature.ofKey(request.signer(), request.id())));
    }

    ConsoleAnswer endorse(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(new PersonQuestion.EndorsePasskey(request.id(), request.signature())));
    }

    ConsoleAnswer revoke(ConsoleRequest request) throws AdminRefusedException {
        return request.act(
                new PersonQuestion.RevokePasskey(
                        request.id(), request.field("reason").orElse("")),
                "/keys");
    }
}
