package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.entity.Entity;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import com.cedarpolicy.model.schema.Schema;
import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.testing.Fixtures;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TraitAnalysisTest {

    private static Set<Trait> read(String condition) {
        String policy = "@id(\"p\") permit (principal in Team::\"t\", action, resource) when { " + condition + " };";
        ParsedPolicies book = ParsedPolicies.parse(List.of(new Seal.PolicyText("p.cedar", policy)));
        assertThat(book.problems()).as(condition).isEmpty();
        return TraitAnalysis.of(book.rules().getFirst());
    }

    @Test
    void aConditionReadsOnlyItsNamedTraits() {
        assertThat(read("true")).isEmpty();
        assertThat(read("principal.owner == \"jer\"")).containsExactly(Trait.OWNER);
        assertThat(read("principal == Agent::\"x\"")).containsExactly(Trait.AGENT);
        assertThat(read("principal in Team::\"x\"")).containsExactly(Trait.AGENT, Trait.TEAMS);
        assertThat(read("principal is Agent in Team::\"x\"")).containsExactly(Trait.AGENT, Trait.TEAMS);
        assertThat(read("action == Operation::Action::\"x\"")).containsExactly(Trait.OPERATION);
        assertThat(read("action in Impact::Action::\"x\"")).containsExactly(Trait.OPERATION, Trait.IMPACT);
        assertThat(read("resource in [Environment::\"x\", Resource::\"y\"]"))
                .containsExactly(Trait.RESOURCE, Trait.ENVIRONMENT, Trait.GROUPS);
        assertThat(read("resource.kind == resource.provider")).containsExactly(Trait.PROVIDER, Trait.KIND);
        assertThat(read("resource has known")).containsExactly(Trait.KNOWN);
        assertThat(read("context.environment like \"p*\" || context.protected"))
                .containsExactly(Trait.IN_ENVIRONMENT, Trait.PROTECTED);
        assertThat(read("context[\"lease\"][\"template\"] == \"x\"")).containsExactly(Trait.LEASE_TEMPLATE);
        assertThat(read("if context.lease.narrowed then context.radius.lost > 1 else !context.lease.names_environment"))
                .containsExactly(Trait.LEASE_NAMES_ENVIRONMENT, Trait.LEASE_NARROWED, Trait.RADIUS_LOST);
        assertThat(read("context.argument has path && context.argument[\"body.ref\"] like \"x*\""))
                .containsExactly(Trait.ARGUMENTS);
        assertThat(read("context has argument.path && context.argument.path == \"x\""))
                .containsExactly(Trait.ARGUMENTS);
        assertThat(read("[context.upstream].contains(context.lease.task)"))
                .containsExactly(Trait.UPSTREAM, Trait.LEASE_TASK);
        assertThat(read("{a: context.upstream} == {a: context.environment}"))
                .containsExactly(Trait.UPSTREAM, Trait.IN_ENVIRONMENT);
    }

    @Test
    void aRecordReadsAllItsMembers() {
        assertThat(read("context.radius == {lost: 1}"))
                .containsExactly(
                        Trait.RADIUS_ENVIRONMENTS, Trait.RADIUS_LOST, Trait.RADIUS_LOST_BACKUPS, Trait.RADIUS_UNSAVED);
        assertThat(read("context has lease")).hasSize(9).contains(Trait.LEASE_ID, Trait.LEASE_NARROWED);
        assertThat(read("context == {}")).contains(Trait.UPSTREAM, Trait.LEASE_ID, Trait.RADIUS_LOST);
    }

    @Test
    void anUnclearConditionReadsEveryTrait() {
        for (String condition : List.of(
                "Resource::\"x\".kind == \"volume\"",
                "Agent::\"x\" in Team::\"y\"",
                "Agent::\"x\" has owner",
                "(if true then principal else Agent::\"x\").owner == \"jer\"",
                "(if true then principal else resource) in Team::\"x\"",
                "{a: context.lease.task}.a == \"fix\"",
                "{a: principal}.a.owner == \"jer\"",
                "resource.hasTag(\"x\")",
                "resource.getTag(\"x\") == 1",
                "ip(\"::1\").isIpv6()",
                "decimal(\"1.0\").lessThan(decimal(\"2.0\"))",
                "context.nothing == 1",
                "context.lease.id.nothing == 1",
                "principal has nothing")) {
            assertThat(read(condition)).as(condition).isEqualTo(EnumSet.allOf(Trait.class));
        }
    }

    /** No policy can read a trait that is missing here, and the schema has none that is invented. */
    @Test
    void traitsAreDeclaredByTheSchema() throws Exception {
        Seal seal = Fixtures.seal();
        ResolvedAttempt sensed = Fixtures.one(
                Fixtures.wide(),
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v", "staging"));
        PolicyQuestion question =
                PolicyQuestion.of(sensed.actions(), sensed, Set.of()).iterator().next();
        PolicyRequest asked = PolicyRequest.about(seal, seal.agents().get("jer/cursor"), sensed)
                .apply(question);
        Entities entities = new Entities(asked);
        AuthorizationRequest sent = entities.request();
        Schema schema =
                Schema.parse(Schema.JsonOrCedar.Cedar, CedarSchema.of(Fixtures.CATALOGS.nameable(seal), Set.of()));
        AuthorizationRequest validated = new AuthorizationRequest(
                sent.principalEUID, sent.actionEUID, sent.resourceEUID, sent.context, Optional.of(schema), true);
        // The schema lists the possible impacts of an operation; a question is about one.
        Set<Entity> checked = entities.entities().stream()
                .filter(entity -> !entity.getEUID().equals(sent.actionEUID))
                .collect(Collectors.toSet());
        AuthorizationResponse answer = new BasicAuthorizationEngine()
                .isAuthorized(
                        validated,
                        new PolicySet(Set.of(new Policy("permit (principal, action, resource);", "p"))),
                        checked);
        assertThat(answer.success).as("%s", answer.errors).isPresent();
        assertThat(answer.success.get().isAllowed()).isTrue();
    }
}
