package dev.interlock.adminapi;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Questions about enrolled agents, and about what could happen to the resources that they reach. */
public sealed interface AgentQuestion<A extends Record> extends Question<A> {

    @AdminCommand(
            name = "agent.list",
            users = Entitlement.CONSOLE,
            about =
                    "`state` is `in service` or `suspended`; `leases` is the number in force; `people` are the possible owners")
    record ListAgents() implements AgentQuestion<Agents> {}

    record Agents(List<Agent> agents, List<String> people) {}

    record Agent(
            String agent,
            String owner,
            List<String> teams,
            List<String> users,
            String state,
            Optional<String> why,
            Optional<String> reviewBy,
            boolean overdue,
            long leases) {}

    @AdminCommand(
            name = "agent.propose",
            users = Entitlement.CONSOLE,
            about = "`yaml` is to be added to `interlock.yaml` and sealed. Nothing changes")
    record ProposeAgent(String agent, String owner, Set<String> teams, Set<String> users, Optional<String> reviewBy)
            implements AgentQuestion<ProposedAgent> {}

    record ProposedAgent(String agent, String yaml) {}

    @AdminCommand(
            name = "explain",
            users = Entitlement.SOCKET,
            about =
                    "`task`, or `environments` and perhaps `lease_impacts`; of `facts` each is `NAME=VALUE`. The answer is what the gate would decide now under the seal in force: `seal` `verdict` (`permit`, `hold`, `refuse` or `uncertain`) `because` `policies` `limits` (those reached) `stopped` (by a kill) `gaps` (what the provider did not answer) `meaning` (as receipts have it) `groups` of each resource. The provider may be asked; nothing is sent, counted or held")
    record ExplainAttempt(
            String agent,
            Optional<String> task,
            Set<String> environments,
            Set<String> leaseImpacts,
            String operation,
            Set<String> impacts,
            Optional<String> reversibility,
            Optional<String> resource,
            Set<String> facts)
            implements AgentQuestion<Json.Members> {}

    /** Asks which services use a resource, as far as the last survey of the provider knows. */
    @AdminCommand(name = "inventory.dependents", users = Entitlement.CONSOLE)
    record FindDependents(String upstream, String resource) implements AgentQuestion<Dependents> {}

    record Dependents(List<Dependent> services) {}

    record Dependent(String service, String environment) {}

    /** Asks how people call resources, as far as the last survey of their provider knows. */
    @AdminCommand(name = "inventory.names", users = Entitlement.CONSOLE)
    record FindNames(Set<String> resources) implements AgentQuestion<Names> {}

    record Names(Map<String, String> names) {}

    /** Asks what any single call could destroy. */
    @AdminCommand(
            name = "inventory.check",
            users = Entitlement.CONSOLE,
            about =
                    "`apart_by_seal_alone` are some of those that survive; `nothing_left_of` are plans without a remaining backup; `expendable` need no backup, by the seal; `nothing_destroys` are upstreams whose catalogs have no destructive call; `by_seal_alone` those whose provider is not queried, and `not_examined` others, with the reason; `stored` is what databases say of themselves, the largest tables first")
    record CheckInventory() implements AgentQuestion<CheckedInventory> {}

    record CheckedInventory(
            List<Exposure> exposures,
            List<String> expendable,
            List<PatternCoverage> patterns,
            List<String> notExamined,
            List<String> bySealAlone,
            List<String> nothingDestroys,
            List<StoredData> stored) {}

    /** The size of a database or a table; {@code rows} is an estimate. Without environments, nobody has placed it. */
    record StoredData(String upstream, String resource, List<String> environments, long bytes, Optional<Long> rows) {}

    record Exposure(
            String upstream,
            String resource,
            List<String> environments,
            List<String> plans,
            List<String> diesWithIt,
            List<String> survives,
            List<String> apartBySealAlone,
            List<String> nothingLeftOf,
            List<String> concerns) {}

    record PatternCoverage(String upstream, String pattern, String covers) {}

    @AdminCommand(name = "inventory.tokens", users = Entitlement.SOCKET)
    record ListTokens(Optional<String> upstream) implements AgentQuestion<Tokens> {}

    record Tokens(List<Token> tokens, List<String> notRead) {}

    record Token(
            String upstream,
            String kind,
            String id,
            String name,
            String reach,
            boolean red,
            List<String> marks,
            Optional<String> created,
            Optional<String> used,
            Optional<String> expires) {}

    @AdminCommand(
            name = "alert.test",
            users = Entitlement.SOCKET,
            receipt = "before",
            about = "Answers after each has answered or failed")
    record TestAlerts(Optional<String> receiver) implements AgentQuestion<TestedAlerts> {}

    record TestedAlerts(List<TestedReceiver> receivers) {}

    record TestedReceiver(String receiver, String kind, boolean taken, String answer) {}
}
