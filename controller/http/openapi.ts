import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

const description = `Reads are open to whoever reaches the port. What writes is taken on the unix socket \`reeve.sock\` in the controller's stateDir,
and over TCP only with a token of the file that \`api.tokensFile\` in reeve.yaml names, and where the scopes of that token hold what
an operation asks for (\`operate\`, \`approve\`). A name that is none of this Reeve's is answered with 421. Times are seconds since the epoch.
A field may be added at any time; one that changes its meaning or goes moves the version.`

/** Notes the schema of every route that is added afterwards, for \`app.swagger()\`. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Reeve', version: '1', description },
      servers: [{ url: 'http://127.0.0.1:9808', description: 'The default of listen in reeve.yaml' }],
      tags: [
        { name: 'read', description: 'What is and what was' },
        { name: 'write', description: 'What a person tells the controller' },
        { name: 'page', description: 'The status page' },
        { name: 'health', description: 'For supervisors and Prometheus' },
      ],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Made by reeve token create' } } },
    },
  })
}
