package dev.interlock.adminapi;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Questions by which people sign in, and those about their keys, devices and sessions. */
public sealed interface PersonQuestion<A extends Record> extends Question<A> {

    @AdminCommand(
            name = "passkey.list",
            users = Entitlement.CONSOLE,
            about =
                    "`state` is `good`, `waiting`, `revoked`, `elsewhere`, or `suspended` if the seal does not support it. A good one has `class` and `basis`, a waiting one `statement` and `words`")
    record ListPasskeys() implements PersonQuestion<Passkeys> {}

    record Passkeys(List<Passkey> keys) {}

    record Passkey(
            String id,
            String person,
            String credential,
            String origin,
            Instant madeAt,
            String state,
            @Member("class") Optional<String> keyClass,
            Optional<String> basis,
            Optional<String> statement,
            Optional<String> words,
            Optional<Instant> revokedAt,
            Optional<String> revokedBy,
            Optional<String> reason) {}

    @AdminCommand(
            name = "passkey.invite",
            users = Entitlement.SOCKET,
            receipt = "before",
            about = "Of root and the gateway's own user alone")
    record InvitePerson(String person) implements PersonQuestion<Invitation> {}

    record Invitation(String person, Secret code, Secret address, Instant expires, String origin) {}

    @AdminCommand(
            name = "passkey.register",
            users = Entitlement.CONSOLE,
            about = "`options` is a `PublicKeyCredentialCreationOptionsJSON`, for two minutes")
    record BeginPasskey(String person, Optional<Secret> code) implements PersonQuestion<BegunPasskey> {}

    record BegunPasskey(String enrolment, Json.Members options) {}

    @AdminCommand(
            name = "passkey.register.finish",
            users = Entitlement.CONSOLE,
            receipt = "before",
            about =
                    "`key` as in `passkey.list`; `statement` and `words` if somebody must endorse it. The fifth that one maker has waiting for a person replaces the first (`instead_of` in its receipt)")
    record FinishPasskey(String enrolment, Json credential, Optional<Secret> code)
            implements PersonQuestion<FinishedPasskey> {}

    record FinishedPasskey(Passkey key, Optional<String> statement, Optional<String> words) {}

    /** Signs for a waiting passkey. */
    @AdminCommand(name = "passkey.endorse", users = Entitlement.CONSOLE, receipt = "before, of every try")
    record EndorsePasskey(String key, Json signature) implements PersonQuestion<EndorsedPasskey> {}

    record EndorsedPasskey(Passkey key, String person) {}

    @AdminCommand(name = "passkey.revoke", users = Entitlement.CONSOLE, receipt = "after")
    record RevokePasskey(String key, String reason) implements PersonQuestion<RevokedPasskey> {}

    record RevokedPasskey(String key, String person, List<String> vouchedFor, boolean durable, boolean recorded)
            implements Acted {}

    @AdminCommand(
            name = "sign.options",
            users = Entitlement.CONSOLE,
            about =
                    "Exactly one of `hold` (or a set), `key`, `statement` and `unsigned`; with `hold` perhaps `calls` and `until`, to [grant](formats/statement.md#grant) more. `options` is a `PublicKeyCredentialRequestOptionsJSON` for exactly that")
    record PrepareSignature(
            String person,
            Optional<String> hold,
            Optional<String> key,
            Optional<String> statement,
            Optional<String> unsigned,
            Optional<Long> calls,
            Optional<String> until)
            implements PersonQuestion<PreparedSignature> {

        PrepareSignature(
                String person,
                Optional<String> hold,
                Optional<String> key,
                Optional<String> statement,
                Optional<String> unsigned) {
            this(person, hold, key, statement, unsigned, Optional.empty(), Optional.empty());
        }

        /** Prepares a signature that also grants {@code calls} more like it. */
        public PrepareSignature granting(long calls, String until) {
            return new PrepareSignature(person, hold, key, statement, unsigned, Optional.of(calls), Optional.of(until));
        }

        public static PrepareSignature ofHold(String person, String id) {
            return new PrepareSignature(person, Optional.of(id), Optional.empty(), Optional.empty(), Optional.empty());
        }

        public static PrepareSignature ofKey(String person, String id) {
            return new PrepareSignature(person, Optional.empty(), Optional.of(id), Optional.empty(), Optional.empty());
        }

        public static PrepareSignature ofRehearsal(String person, String id) {
            return new PrepareSignature(person, Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(id));
        }

        public static PrepareSignature ofStatement(String person, String prepared) {
            return new PrepareSignature(
                    person, Optional.empty(), Optional.empty(), Optional.of(prepared), Optional.empty());
        }
    }

    record PreparedSignature(Json.Members options, String statement, String words, Optional<String> nameToType) {}

    @AdminCommand(
            name = "login.options",
            users = Entitlement.CONSOLE,
            about = "`options` is a `PublicKeyCredentialRequestOptionsJSON`, for two minutes")
    record BeginLogin() implements PersonQuestion<BegunLogin> {}

    record BegunLogin(String login, Json.Members options) {}

    @AdminCommand(
            name = "login.finish",
            users = Entitlement.SIGN_IN,
            receipt = "before, for a sign-in; for each of the first 20 failures within a minute")
    record FinishLogin(String login, Json assertion) implements PersonQuestion<PasskeyLogin> {}

    record PasskeyLogin(String person, String key, String keyClass, String credential) {}

    /** Signs in with a code of {@code console.code}. */
    @AdminCommand(name = "login.code", users = Entitlement.SIGN_IN, receipt = "as `login.finish`")
    record LoginByCode(Secret code) implements PersonQuestion<CodeLogin> {}

    record CodeLogin(String user) {}

    @AdminCommand(
            name = "login.methods",
            users = Entitlement.CONSOLE,
            about = "`oidc` is the host of the seal's provider, if it names one")
    record ListLoginMethods() implements PersonQuestion<LoginMethods> {}

    record LoginMethods(Optional<String> oidc) {}

    @AdminCommand(
            name = "login.oidc.start",
            users = Entitlement.CONSOLE,
            about = "`address` is where a browser signs in, and `binding` what it keeps for `seconds`")
    record BeginOidc() implements PersonQuestion<BegunOidc> {}

    record BegunOidc(String address, Secret binding, long seconds) {}

    /** Signs in with what the seal's provider answered. */
    @AdminCommand(
            name = "login.oidc.callback",
            users = Entitlement.SIGN_IN,
            receipt = "as `login.finish`",
            about = "The parameters of the browser's callback")
    record FinishOidc(
            Set<String> bindings,
            Optional<String> state,
            Optional<Secret> code,
            Optional<String> issuer,
            Optional<String> error)
            implements PersonQuestion<OidcLogin> {

        @Override
        public String toString() {
            return "callback of " + issuer.orElse("a provider");
        }
    }

    record OidcLogin(String person, String issuer, String subject) {}

    /** Has a person's browser ring. */
    @AdminCommand(
            name = "device.add",
            users = Entitlement.CONSOLE,
            receipt = "before",
            about =
                    "`subscription` is the browser's `PushSubscriptionJSON`, in the spelling of RFC 8785. Only of a person who is signed in at the console, for their own browser")
    record AddDevice(String label, Secret subscription) implements PersonQuestion<AddedDevice> {}

    record AddedDevice(Device device) {}

    record Device(String id, String person, String label, String service, Instant since) {}

    @AdminCommand(
            name = "device.list",
            users = Entitlement.CONSOLE,
            about = "All of them, or at the console one's own; `key` is what browsers subscribe to")
    record ListDevices() implements PersonQuestion<Devices> {}

    record Devices(String key, List<Device> devices) {}

    @AdminCommand(
            name = "device.remove",
            users = Entitlement.CONSOLE,
            receipt = "after",
            about = "At the console one's own; `durable` is `false` if a restart would bring it back")
    record RemoveDevice(String device) implements PersonQuestion<RemovedDevice> {}

    record RemovedDevice(String device, String person, boolean durable, boolean recorded) implements Acted {}

    @AdminCommand(name = "console.code", users = Entitlement.SOCKET, receipt = "after")
    record MakeConsoleCode() implements PersonQuestion<ConsoleCode> {}

    record ConsoleCode(Secret address, String origin, Secret code, Instant expires) {}

    @AdminCommand(
            name = "console.sessions",
            users = Entitlement.SOCKET,
            about = "`by` is `passkey`, `code`, or the provider")
    record ListSessions() implements PersonQuestion<Sessions> {}

    record Sessions(List<Session> sessions) {}

    record Session(String session, String who, String by, Instant since, Instant seen, Instant ends) {}

    /** Ends one session at the console, or all. */
    @AdminCommand(name = "console.signout", users = Entitlement.SOCKET, receipt = "after")
    record EndSessions(Optional<String> session) implements PersonQuestion<EndedSessions> {}

    record EndedSessions(int ended, Optional<String> session, boolean recorded) implements Acted {}
}
