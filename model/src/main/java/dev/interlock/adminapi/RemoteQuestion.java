package dev.interlock.adminapi;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Questions about remote machines. */
public sealed interface RemoteQuestion<A extends Record> extends Question<A> {

    @AdminCommand(
            name = "remote.add",
            users = Entitlement.AGENT_USERS,
            receipt = "before",
            about = "The terms as of `lease.prepare`; keys and certificates are PEM, `lasting` as `90d`")
    record AddMachine(@Flat LeaseTerms terms, String publicKey, Optional<String> lasting)
            implements RemoteQuestion<CertifiedMachine>, AgentNaming {
        @Override
        public Optional<String> namedAgent() {
            return terms.agent();
        }
    }

    /** Gives a machine another certificate of its key. */
    @AdminCommand(
            name = "remote.renew",
            users = Entitlement.AGENT_USERS,
            receipt = "before",
            about = "For as long as before unless given. The certificate before is accepted until its own end")
    record RenewMachine(String agent, String machine, Optional<String> lasting)
            implements RemoteQuestion<CertifiedMachine>, AgentNaming {
        @Override
        public Optional<String> namedAgent() {
            return Optional.of(agent);
        }
    }

    @AdminCommand(
            name = "remote.list",
            users = Entitlement.SOCKET,
            about =
                    "`fingerprint` is the SHA-256 of its certificate; `by` and `since` tell who added it or renewed it last, and when")
    record ListMachines() implements RemoteQuestion<Machines> {}

    record Machines(List<Machine> machines) {}

    record Machine(
            String machine,
            String fingerprint,
            String agent,
            String task,
            List<String> environments,
            List<String> impacts,
            List<String> resources,
            long ttlSeconds,
            Optional<String> template,
            String by,
            Instant since,
            Instant until) {}

    record CertifiedMachine(@Flat Machine machine, String certificate, String authority, String address) {}

    @AdminCommand(name = "remote.end", users = Entitlement.SOCKET, receipt = "after")
    record EndMachine(String machine, Optional<String> reason) implements RemoteQuestion<EndedMachine> {}

    record EndedMachine(String machine, @Flat EndedLeases ended) implements Acted.EndedWork {}

    @AdminCommand(
            name = "mcp.list",
            users = Entitlement.SOCKET,
            about =
                    "Nothing, or the terms of `lease.prepare`: then only the servers whose `account/self` such a lease covers, since every client begins with it. `path` is at the gateway, `url` of the server itself")
    record ListServers(@Flat Optional<LeaseTerms> terms) implements RemoteQuestion<Servers> {}

    record Servers(List<Server> servers) {}

    record Server(String name, String path, String url) {}
}
