package dev.interlock.cli;

import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import java.io.IOException;
import java.util.Optional;

/** How a person approves on the console, and the next step. */
record ConsoleAccess(Optional<String> origin, String next) {

    /** Invites {@code person} to make a passkey, unless there is one that signs here. */
    static ConsoleAccess of(AdminClient gateway, String person) throws IOException, AdminRefusedException {
        Optional<String> good = gateway.ask(new PersonQuestion.ListPasskeys()).keys().stream()
                .filter(key -> key.person().equals(person) && key.state().equals("good"))
                .map(PersonQuestion.Passkey::origin)
                .findFirst();
        if (good.isPresent()) {
            return new ConsoleAccess(
                    good,
                    "sudo interlock console   and sign in as " + person + " with the passkey that is there already");
        }
        try {
            PersonQuestion.Invitation invitation = gateway.ask(new PersonQuestion.InvitePerson(person));
            return new ConsoleAccess(
                    Optional.of(invitation.origin()),
                    invitation.address().<String>use(address -> address)
                            + "   open it in a browser, to make the passkey that approves (good once, until "
                            + CellFormat.time(invitation.expires()) + ")");
        } catch (AdminRefusedException e) {
            return new ConsoleAccess(
                    Optional.empty(), "a passkey for " + person + ", who has no invitation yet: " + e.getMessage());
        }
    }
}
