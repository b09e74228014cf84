package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.action.SignInProvider;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.signin.OidcSignIn;
import dev.interlock.signin.SignInFailedException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Commands for signing in with the OpenID provider that the seal names. A person who signs in so can view, deny and
 * stop at the console. An approval always needs a signature.
 *
 * @param isKilled whether the person of that name may not sign in
 */
public record OidcSignInCommands(OidcSignIn signIns, Predicate<String> isKilled) implements CommandGroup {

    private static final String OTHERWISE = "Sign in with your passkey, or run `interlock console` on the machine.";

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(
                        PersonQuestion.ListLoginMethods.class,
                        request -> ways(request.seals().get())),
                Command.of(PersonQuestion.BeginOidc.class, request -> begin(request.seal())),
                Command.of(
                        PersonQuestion.FinishOidc.class,
                        request -> finish(request.seal(), request.question(), request.entry())));
    }

    static PersonQuestion.LoginMethods ways(Optional<Seal> seal) {
        return new PersonQuestion.LoginMethods(seal.flatMap(Seal::signIn).map(SignInProvider::host));
    }

    PersonQuestion.BegunOidc begin(Seal seal) throws AdminRefusedException {
        try {
            OidcSignIn.SignInRedirect begun = signIns.begin(provider(seal));
            return new PersonQuestion.BegunOidc(
                    begun.address().toString(), new Secret(begun.binding()), OidcSignIn.LIFE.toSeconds());
        } catch (SignInFailedException e) {
            throw refused(e);
        }
    }

    /** Ends the sign-in. It is recorded before anybody is signed in. */
    PersonQuestion.OidcLogin finish(Seal seal, PersonQuestion.FinishOidc asked, ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        SignInProvider provider = provider(seal);
        String subject = subject(provider, asked);
        Seal.Person person = seal.personWithSubject(subject)
                .orElseThrow(() -> new AdminRefusedException(
                        "not_entitled",
                        "The seal has no person with the subject `" + subject + "` of `" + provider.host() + "`.",
                        "A person's `subject` is sealed under `people`. " + OTHERWISE));
        if (isKilled.test(person.name())) {
            throw new AdminRefusedException(
                    "refused",
                    "`" + person.name() + "` is stopped by a kill and cannot sign in.",
                    "Lift the kill first.");
        }
        entry.record(Json.object()
                .with("issuer", provider.issuer())
                .with("subject", subject)
                .with("signer", person.name())
                .with("result", "accepted"));
        return new PersonQuestion.OidcLogin(person.name(), provider.issuer(), subject);
    }

    private String subject(SignInProvider provider, PersonQuestion.FinishOidc asked) throws AdminRefusedException {
        try {
            return signIns.finish(
                    provider,
                    new OidcSignIn.SignInCallback(
                            List.copyOf(asked.bindings()),
                            asked.state(),
                            asked.code().map(code -> code.<String>use(text -> text)),
                            asked.issuer(),
                            asked.error()));
        } catch (SignInFailedException e) {
            throw refused(e);
        }
    }

    private static SignInProvider provider(Seal seal) throws AdminRefusedException {
        return seal.signIn()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "The seal in force defines no single sign-on provider.", OTHERWISE));
    }

    private static AdminRefusedException refused(SignInFailedException e) {
        return new AdminRefusedException(e.isSilent() ? "unavailable" : "not_entitled", e.reason(), OTHERWISE);
    }
}
