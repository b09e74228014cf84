package dev.interlock.inventory;

import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import java.util.List;
import java.util.Map;

/**
 * The queries for Railway: constant texts. Identifiers are sent as variables, never inside the text, so that nothing
 * from an agent can change a query.
 */
final class RailwayQueries {

    static final String PROJECTS = """
            query InterlockProjects($after: String) {
              projects(first: 50, after: $after) {
                edges { node { id } }
                pageInfo { hasNextPage endCursor }
              }
            }""";

    /** Reads one page of each of a project's lists; a list that has ended answers with nothing more. */
    static final String PROJECT = """
            query InterlockProject($id: String!, $e: String, $s: String, $v: String) {
              project(id: $id) { ...Whole }
            }
            fragment Whole on Project {
              id name workspaceId
              environments(first: 100, after: $e) {
                edges { node { id name canAccess } }
                pageInfo { hasNextPage endCursor }
              }
              services(first: 100, after: $s) {
                edges { node { id name serviceInstances(first: 100) {
                  edges { node { id environmentId deletedAt } }
                  pageInfo { hasNextPage endCursor } } } }
                pageInfo { hasNextPage endCursor }
              }
              volumes(first: 100, after: $v) {
                edges { node { id name volumeInstances(first: 100) {
                  edges { node { id environmentId serviceId deletedAt } }
                  pageInfo { hasNextPage endCursor } } } }
                pageInfo { hasNextPage endCursor }
              }
            }""";

    static final String MORE_OF_SERVICE = """
            query InterlockService($id: String!, $after: String) {
              service(id: $id) {
                serviceInstances(first: 100, after: $after) {
                  edges { node { id environmentId deletedAt } }
                  pageInfo { hasNextPage endCursor }
                }
              }
            }""";

    /** Reads more mounts of a volume. Railway has no query for a volume, but one for its mounts. */
    static final String MORE_OF_VOLUME = """
            query InterlockVolume($id: String!, $after: String) {
              volumeInstance(id: $id) { volume {
                id
                volumeInstances(first: 100, after: $after) {
                  edges { node { id environmentId serviceId deletedAt } }
                  pageInfo { hasNextPage endCursor }
                }
              } }
            }""";

    static final String DEPLOYMENT = """
            query InterlockDeployment($id: String!) {
              deployment(id: $id) { id projectId environmentId }
            }""";

    static final String DOMAIN = """
            query InterlockDomain($id: String!, $project: String!) {
              customDomain(id: $id, projectId: $project) { id projectId environmentId }
            }""";

    /** Reads tokens, without the part of the value that Railway shows. */
    static final String API_TOKENS = """
            query InterlockApiTokens($after: String) {
              apiTokens(first: 100, after: $after) {
                edges { node { id name workspaceId expiresAt } }
                pageInfo { hasNextPage endCursor }
              }
            }""";

    static final String PROJECT_TOKENS = """
            query InterlockProjectTokens($project: String!, $after: String) {
              projectTokens(projectId: $project, first: 100, after: $after) {
                edges { node { id name environmentId createdAt } }
                pageInfo { hasNextPage endCursor }
              }
            }""";

    private RailwayQueries() {}

    static HttpCall call(Seal.Upstream upstream, String text, Map<String, String> variables) {
        return SurveyQueries.graphql(upstream, "/graphql/v2", List.of(), text, variables);
    }

    /** Returns one query about {@code count} mounts: {@code b0} and {@code s0} of {@code $m0}, and so on. */
    static String mounted(int count) {
        StringBuilder variables = new StringBuilder();
        StringBuilder fields = new StringBuilder();
        for (int i = 0; i < count; i++) {
            variables.append(" $m").append(i).append(": String!");
            fields.append(" b%1$d: volumeInstanceBackupList(volumeInstanceId: $m%1$d) { id createdAt }".formatted(i));
            fields.append(" s%1$d: volumeInstanceBackupScheduleList(volumeInstanceId: $m%1$d) { kind }".formatted(i));
        }
        return "query InterlockBackups(" + variables + " ) {" + fields + " }";
    }
}
