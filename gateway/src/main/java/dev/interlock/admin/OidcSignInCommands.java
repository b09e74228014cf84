package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.action.SignInProvider;
import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.signin.OidcSignIn;
import dev.interlock.signin.SignInFailedException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Commands for signing in with the OpenID provider that the seal names. A person who signs in so can view, deny and
 * stop at the console. An approval always needs a signature.
 */
public final class OidcSignInCommands implements CommandGroup {

    private static final String OTHERWISE =
            "Sign in with your passkey, or run `interlock " + "console` on the machine.";

    private final OidcSignIn signIns;
    private final Predicate<String> isKilled;

    /**
     * Wires it.
     *
     * @param isKilled whether the person of that name may not sign in
     */
    public OidcSignInCommands(OidcSignIn signIns, Predicate<String> isKilled) {
        this.signIns = signIns;
        this.isKilled = isKilled;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(
                        "login.methods",
                        Entitlement.CONSOLE,
                        Set.of(),
                        request -> ways(request.seals().get())),
                Command.of("login.oidc.start", Entitlement.CONSOLE, Set.of(), request -> begin(request.seal())),
                Command.of(
                        "login.oidc.callback",
                        Entitlement.SIGN_IN,
                        Set.of("bindings", "code", "error", "issuer", "state"),
                        request -> finish(request.seal(), request.question(), request.entry())));
    }

    /** Returns the methods of signing in besides a passkey and a code. */
    static Json.Members ways(Optional<Seal> seal) {
        return Json.object().withOptional("oidc", seal.flatMap(Seal::signIn).map(SignInProvider::host));
    }

    Json.Members begin(Seal seal) throws AdminRefusedException {
        try {
            OidcSignIn.SignInRedirect begun = signIns.begin(provider(seal));
            return Json.object()
                    .with("address", begun.address().toString())
                    .with("binding", begun.binding())
                    .with("seconds", OidcSignIn.LIFE.toSeconds());
        } catch (SignInFailedException e) {
            throw refused(e);
        }
    }

    /** Ends the sign-in. It is recorded before anybody is signed in. */
    Json.Members finish(Seal seal, Json.Members arguments, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        SignInProvider provider = provider(seal);
        String subject = subject(provider, arguments);
        Seal.Person person = seal.personWithSubject(subject)
                .orElseThrow(() -> new AdminRefusedException(
                        "not_entitled",
                        "The seal has no person with the subject `" + subject + "` of `" + provider.host() + "`.",
                        "A person's `subject` is sealed under `people`. " + OTHERWISE));
        if (isKilled.test(person.name())) {
            throw new AdminRefusedException(
                    "refused",
                    "`" + person.name() + "` is stopped by a kill and cannot sign " + "in.",
                    "Lift the kill first.");
        }
        Json.Members who = Json.object().with("issuer", provider.issuer()).with("subject", subject);
        entry.record(who.with("signer", person.name()).with("result", "accepted"));
        return who.with("person", person.name());
    }

    private String subject(SignInProvider provider, Json.Members arguments) throws AdminRefusedException {
        try {
            return signIns.finish(
                    provider,
                    new OidcSignIn.SignInCallback(
                            arguments.get("bindings").isPresent() ? arguments.texts("bindings") : List.of(),
                            arguments.optionalText("state"),
                            arguments.optionalText("code"),
                            arguments.optionalText("issuer"),
                            arguments.optionalText("error")));
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
