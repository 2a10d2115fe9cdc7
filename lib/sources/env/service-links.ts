/** The value of `NAME_PORT` and of `NAME_PORT_80_TCP`: `tcp://10.0.0.1:80`, `tcp://[fd00::1]:80`. */
const ADDRESS = /^(?:tcp|udp|sctp):\/\/(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]):\d{1,5}$/i;

/** The ending of a name with such a value. */
const ADDRESS_NAME = /_PORT(?:_\d+_(?:TCP|UDP|SCTP))?$/;

/** The ends of the other names, after the name of the service. */
const OTHER_NAME = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)_(?:PROTO|PORT|ADDR))$/;

/**
 * Returns the names of the variables that Kubernetes, or a link of Docker, has added for a service: `APP_SERVICE_HOST`,
 * `APP_PORT=tcp://10.0.0.1:80`, `APP_PORT_80_TCP_ADDR`. Only if the pattern is certain: an address in a `…_PORT`, together
 * with a host that is named for the same service. A `PORT` that the app has set itself is not one of them.
 */
export function serviceLinks(variables: Readonly<NodeJS.ProcessEnv>): ReadonlySet<string> {
  const isAddress = (name: string) => ADDRESS.test(variables[name] ?? '');
  const names = Object.keys(variables);
  const services = names.flatMap((name) => {
    const service = ADDRESS_NAME.test(name) && isAddress(name) ? name.replace(ADDRESS_NAME, '') : undefined;
    const isCertain = `${service}_SERVICE_HOST` in variables || `${name}_ADDR` in variables;
    return service !== undefined && isCertain ? [service] : [];
  });
  const isLink = (name: string, service: string) => {
    if (!name.startsWith(`${service}_`)) return false;
    const ending = name.slice(service.length);
    return matchesAll(ADDRESS_NAME, ending) ? isAddress(name) : matchesAll(OTHER_NAME, ending);
  };
  const distinct = [...new Set(services)];
  return new Set(names.filter((name) => distinct.some((service) => isLink(name, service))));
}

/** The expressions are for the end of a text, so only the start is compared. */
function matchesAll(ending: RegExp, text: string): boolean {
  return ending.exec(text)?.index === 0;
}

/** The part of a message about a variable that is one of them. */
export function serviceLinkHint(name: string): string {
  return (
    `${name} looks like a Kubernetes service link; set enableServiceLinks: false in the pod, ` +
    'or use another prefix for the variables of the app'
  );
}
