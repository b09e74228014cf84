package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the judgements about Hetzner Cloud and Neon that are easily wrong. */
class HetznerTest {

    private static final RestFixture HETZNER = RestFixture.of("hetzner");

    /** A server has seven backup slots; a further backup replaces the oldest. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                   | WRITE",
                "{'type': 'snapshot'} | WRITE",
                "{'type': 'backup'}   | WRITE DESTROY",
                "{'type': 'Snapshot'} | WRITE DESTROY",
            })
    void anotherBackupMayDestroyTheOldest(String body, String impacts) {
        assertThat(HETZNER.impacts("POST /v1/servers/42/actions/create_image", body.replace('\'', '"')))
                .isEqualTo(RestFixture.words(impacts));
    }

    /** Opening traffic to a production resource touches it, however the rule is written. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "POST /v1/load_balancers | {\"name\":\"x\",\"network\":9,\"targets\":[{\"type\":\"server\",\"server\":{\"id\":42}}]}",
                "POST /v1/load_balancers/7/actions/add_target | {\"type\":\"server\",\"server\":{\"id\":42}}",
                "POST /v1/load_balancers/7/actions/remove_target | {\"type\":\"server\",\"server\":{\"id\":42}}",
                "POST /v1/firewalls | {\"name\":\"x\",\"apply_to\":[{\"type\":\"server\",\"server\":{\"id\":42}}]}",
                "POST /v1/firewalls/7/actions/apply_to_resources | {\"apply_to\":[{\"type\":\"server\",\"server\":{\"id\":42}}]}",
                "POST /v1/firewalls/7/actions/remove_from_resources | {\"remove_from\":[{\"server\":{\"id\":42}}]}",
                "POST /v1/floating_ips/7/actions/assign | {\"server\":42}",
                "POST /v1/primary_ips/7/actions/assign | {\"assignee_id\":42,\"assignee_type\":\"server\"}",
                "POST /v1/primary_ips | {\"name\":\"x\",\"location\":\"fsn1\",\"assignee_id\":42,\"assignee_type\":\"server\"}",
                "POST /v1/floating_ips | {\"type\":\"ipv4\",\"home_location\":\"fsn1\",\"server\":42}",
            })
    void everyRequestThatNamesAServerTouchesIt(String request, String body) {
        assertThat(HETZNER.resources(request, body)).contains("hetzner:server/42");
        assertThat(HETZNER.impacts(request, body)).containsAnyOf(Impact.PRIVILEGE, Impact.DESTROY);
    }

    /**
     * A seal never names a selector or an address by chance. Beside a harmless server these still count as the worst
     * case.
     */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "POST /v1/load_balancers | {\"targets\":[{\"server\":{\"id\":42}},ANY]}",
                "POST /v1/load_balancers | {\"network\":9,\"targets\":[ANY]}",
                "POST /v1/load_balancers/7/actions/add_target | {\"server\":{\"id\":42},INNER}",
                "POST /v1/load_balancers/7/actions/remove_target | {\"server\":{\"id\":42},INNER}",
                "POST /v1/firewalls | {\"apply_to\":[{\"server\":{\"id\":42}},ANY]}",
                "POST /v1/firewalls/7/actions/apply_to_resources | {\"apply_to\":[{\"server\":{\"id\":42}},ANY]}",
                "POST /v1/firewalls/7/actions/remove_from_resources | {\"remove_from\":[{\"server\":{\"id\":42}},ANY]}",
            })
    void selectorsAndAddressesAreResourcesOfTheirOwn(String request, String body) {
        String selector = "\"label_selector\":{\"selector\":\"env=production\"}";
        assertThat(HETZNER.resources(request, with(body, selector))).contains("hetzner:label-selector/env=production");
        if (request.contains("load_balancers")) {
            String address = "\"ip\":{\"ip\":\"203.0.113.7\"}";
            assertThat(HETZNER.resources(request, with(body, address))).contains("hetzner:address/203.0.113.7");
        }
    }

    private static String with(String body, String member) {
        return body.replace("ANY", "{" + member + "}").replace("INNER", member);
    }

    @Test
    void everyRequestThatNamesANetworkTouchesIt() {
        assertThat(HETZNER.resources("POST /v1/load_balancers", "{\"name\":\"x\",\"network\":9}"))
                .contains("hetzner:network/9");
        assertThat(HETZNER.resources("POST /v1/load_balancers/7/actions/attach_to_network", "{\"network\":9}"))
                .contains("hetzner:network/9");
    }

    /** A staging server must not boot production's disk, or answer under its address or its certificate. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "POST /v1/servers | {'image': '98765432', 'networks': [11]} | image/98765432",
                "POST /v1/servers | {'image': 98765432, 'networks': [11]} | image/98765432",
                "POST /v1/servers/42/actions/rebuild | {'image': '98765432'} | image/98765432",
                "POST /v1/servers | {'public_net': {'ipv4': 555}, 'networks': [11]} | primary-ip/555",
                "POST /v1/servers | {'public_net': {'ipv6': 556}, 'networks': [11]} | primary-ip/556",
                "POST /v1/servers | {'placement_group': 5, 'networks': [11]} | placement-group/5",
                "POST /v1/servers/42/actions/add_to_placement_group | {'placement_group': 5} | placement-group/5",
                "POST /v1/networks/9/actions/add_subnet | {'type': 'vswitch', 'vswitch_id': 3} | vswitch/3",
                "POST /v1/load_balancers/7/actions/add_service | {'http': {'certificates': [7]}} | certificate/7",
                "POST /v1/load_balancers/7/actions/update_service | {'http': {'certificates': [7]}} | certificate/7",
                "POST /v1/load_balancers | {'services': [{'http': {'certificates': [7]}}]} | certificate/7",
                "POST /v1/load_balancers/7/actions/detach_from_network | {'network': 9} | network/9",
            })
    void partsOfANewServerOrBalancerAreTouched(String request, String body, String resource) {
        assertThat(HETZNER.resources(request, body.replace('\'', '"'))).contains("hetzner:" + resource);
    }

    /** The provider's images are open to everybody; a seal needs no line for each. */
    @Test
    void theProvidersImagesBelongToNoEnvironment() {
        assertThat(HETZNER.resources("POST /v1/servers/42/actions/rebuild", "{\"image\":\"ubuntu-24.04\"}"))
                .containsExactly("hetzner:server/42");
        for (String other : List.of("golden", "Ubuntu-24.04", "0", "-1")) {
            assertThat(HETZNER.resources("POST /v1/servers/42/actions/rebuild", "{\"image\":\"" + other + "\"}"))
                    .contains("hetzner:image/" + other);
        }
    }

    /**
     * `hcloud` and Terraform send this number for `ubuntu-24.04`. It does not show that the image is the provider's
     * own, so the seal has to say it.
     */
    @Test
    void aNumberedImageNeedsAPlacement() {
        String sent = "{\"name\":\"x\",\"server_type\":22,\"image\":161547269,\"networks\":[11],\"labels\":{}}";
        assertThat(HETZNER.resources("POST /v1/servers", sent))
                .containsExactlyInAnyOrder("hetzner:network/11", "hetzner:image/161547269");
        assertThat(HETZNER.impacts("POST /v1/servers", sent)).doesNotContain(Impact.PRIVILEGE);
        assertThat(HETZNER.impacts("PUT /v1/servers/42", "{\"labels\":{}}"))
                .as("takes all labels away")
                .contains(Impact.PRIVILEGE);
    }

    /** The image of a new server does not say where the server will be. */
    @Test
    void aServerPlacedOnlyByItsImageIsTheAccounts() {
        assertThat(HETZNER.resources("POST /v1/servers", "{\"image\":\"98765432\"}"))
                .containsExactlyInAnyOrder("hetzner:account/self", "hetzner:image/98765432");
    }

    @Test
    void anImageIsNotLostWithTheDiskThatItOverwrites() {
        Action rebuilt = HETZNER.action("POST /v1/servers/42/actions/rebuild", "{\"image\":\"98765432\"}");
        assertThat(rebuilt.preserves(Resource.parse("hetzner:image/98765432"))).isTrue();
        assertThat(rebuilt.preserves(Resource.parse("hetzner:server/42"))).isFalse();
    }

    /** Firewalls and load balancers select servers by labels. */
    @Test
    void labelsOfANewServerAreAPrivilege() {
        String plain = "{\"name\":\"x\",\"image\":\"debian-13\",\"networks\":[11]}";
        assertThat(HETZNER.impacts("POST /v1/servers", plain)).doesNotContain(Impact.PRIVILEGE);
        assertThat(HETZNER.impacts("POST /v1/servers", plain.replace("{", "{\"labels\":{\"role\":\"web\"},")))
                .contains(Impact.PRIVILEGE);
        for (String odd : List.of("null", "\"role=web\"", "{\"role\":null}", "[{\"role\":\"web\"}]")) {
            assertThat(HETZNER.impacts("POST /v1/servers", plain.replace("{", "{\"labels\":" + odd + ",")))
                    .as(odd)
                    .contains(Impact.PRIVILEGE);
        }
        assertThat(HETZNER.impacts("POST /v1/networks/9/actions/add_subnet", "{\"vswitch_id\":3}"))
                .contains(Impact.PRIVILEGE);
    }

    /** An option that needs `privilege` as a separate call is no mere write when it is part of another call. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "POST /v1/networks | {'name': 'x', 'subnets': [{'type': 'cloud', 'ip_range': '10.0.1.0/24'}]} | false",
                "POST /v1/networks | {'subnets': [{'type': 'vswitch', 'vswitch_id': 1000}]} | true",
                "POST /v1/networks | {'routes': [{'destination': '0.0.0.0/0', 'gateway': '10.0.0.7'}]} | true",
                "POST /v1/networks | {'name': 'x', 'expose_routes_to_vswitch': false} | false",
                "POST /v1/networks | {'name': 'x', 'expose_routes_to_vswitch': true} | true",
                "PUT /v1/networks/11 | {'expose_routes_to_vswitch': false} | false",
                "PUT /v1/networks/11 | {'expose_routes_to_vswitch': true} | true",
                "POST /v1/zones | {'name': 'x.de', 'mode': 'primary'} | false",
                "POST /v1/zones | {'name': 'x.de', 'rrsets': [{'name': 'www', 'type': 'A'}]} | true",
                "POST /v1/zones | {'name': 'x.de', 'zonefile': 'www IN A 192.0.2.7'} | true",
            })
    void nestedPrivilegedChangesNeedThePrivilege(String request, String body, boolean privilege) {
        Action action = HETZNER.action(request, body.replace('\'', '"'));
        assertThat(action.has(Impact.PRIVILEGE)).isEqualTo(privilege);
        assertThat(action.resources().contains(Resource.parse("hetzner:vswitch/1000")))
                .isEqualTo(body.contains("1000"));
    }

    /** `hetzner:zone/*` must not place by its number a zone that the seal names by its name. */
    @Test
    void aZoneNumberIsNotAName() {
        assertThat(HETZNER.resources("DELETE /v1/zones/4711", "")).containsExactly("hetzner:zone-id/4711");
        assertThat(HETZNER.resources("DELETE /v1/zones/Example.com", "")).containsExactly("hetzner:zone/example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /v1/zones", "GET /v1/zones/example.com"})
    void zoneAnswersMayHoldTransferKeys(String request) {
        assertThat(HETZNER.impacts(request, "")).isEqualTo(Set.of(Impact.READ, Impact.CREDENTIAL));
    }

    /** The answer contains the whole zone, whatever part of it changes. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                        | WRITE CREDENTIAL",
                "{'labels': {'env': 'x'}}  | WRITE CREDENTIAL PRIVILEGE",
            })
    void changingAZoneRevealsItsKeys(String body, String impacts) {
        CallReading.CallMeaning update =
                HETZNER.understood(RestFixture.call("PUT /v1/zones/example.com", body.replace('\'', '"')));
        assertThat(update.actions().getFirst().impacts()).isEqualTo(RestFixture.words(impacts));
        assertThat(update.redaction()).isEqualTo(veil("GET /v1/zones/example.com"));
        assertThat(HETZNER.understood(
                                RestFixture.call("POST /v1/zones", "{\"name\":\"example.com\",\"mode\":\"primary\"}"))
                        .redaction())
                .isEqualTo(update.redaction());
    }

    private static Optional<ResponseRedaction> veil(String request) {
        Optional<ResponseRedaction> veil =
                HETZNER.understood(RestFixture.call(request, "")).redaction();
        assertThat(veil).isPresent();
        return veil;
    }

    /** `hcloud`, Terraform and the cloud controllers send this after each change, and cannot work without it. */
    @Test
    void clientsCanPollTheirActions() {
        HttpCall call = RestFixture.call("GET /v1/actions?id=17&id=18&page=1&per_page=50&sort=status&sort=id", "");
        CallReading.CallMeaning understood = HETZNER.understood(call);
        assertThat(understood.actions().getFirst().impacts()).isEqualTo(Set.of(Impact.READ));
        assertThat(HttpCall.of(understood.outgoing()).query())
                .extracting(HttpCall.Parameter::value)
                .containsExactly("17", "18", "1", "50", "status", "id");
        HETZNER.refused(RestFixture.call("GET /v1/actions?page=1&page=2", ""));
    }

    /** Deleting the server later releases the address, without any further warning. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "true   | true",
                "false  | false",
                "1      | true",
                "'\"false\"' | true",
                "'\"no\"' | true",
            })
    void anAutoDeletedAddressIsLostWithItsServer(String word, boolean destroys) {
        Action update = HETZNER.action("PUT /v1/primary_ips/7", "{\"auto_delete\":" + word + "}");
        assertThat(update.has(Impact.DESTROY)).isEqualTo(destroys);
        assertThat(update.reversibility()).isEqualTo(destroys ? Reversibility.IRREVERSIBLE : Reversibility.REVERSIBLE);
        assertThat(RestFixture.facts(update, "argument.body.auto_delete")).hasSize(1);
        assertThat(RestFixture.facts(HETZNER.action("DELETE /v1/servers/42", ""), "effect"))
                .singleElement()
                .asString()
                .contains("addresses");
    }

    /** Current clients send this: an address has a location, and no longer a data centre. */
    @Test
    void anAddressIsCreatedAtALocation() {
        String body = "{\"name\":\"x\",\"type\":\"ipv4\",\"location\":\"nbg1\",\"auto_delete\":false,\"labels\":{}}";
        assertThat(HETZNER.impacts("POST /v1/primary_ips", body)).isEqualTo(Set.of(Impact.WRITE));
        assertThat(HETZNER.resources("POST /v1/primary_ips", body)).containsExactly("hetzner:account/self");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'endpoint': {'suspend_timeout_seconds': 60}}   | WRITE",
                "{'endpoint': {'disabled': false}}               | WRITE",
                "{'endpoint': {'disabled': true}}                | WRITE DESTROY",
                "{'endpoint': {'disabled': null}}                | WRITE DESTROY",
                "{'endpoint': {'branch_id': 'b'}}                | WRITE PRIVILEGE DESTROY",
                "{'endpoint': {'settings': {'x': 'y'}}}          | WRITE DESTROY",
            })
    void aDisabledComputeCountsAsDestroyed(String body, String impacts) {
        assertThat(RestFixture.of("neon").impacts("PATCH /api/v2/projects/p/endpoints/ep-1", body.replace('\'', '"')))
                .isEqualTo(RestFixture.words(impacts));
    }
}
